package exec

import "corpusmill/storage/object"

// atOnce is how many files of an object store are read ahead: each answer takes
// some hundredths of a second, in which nothing else would be done.
const atOnce = 32

// gather calls take, in order, with what read makes of each of the files. A
// path is "" for none. Files of this machine are read one by one, as they are
// taken; those of an object store ahead, by several goroutines.
func gather[T any](paths []string, read func(path string) (T, error), take func(i int, v T) error) error {
	if !anyAway(paths) {
		for i, path := range paths {
			if path == "" {
				continue
			}
			v, err := read(path)
			if err != nil {
				return err
			}
			if err := take(i, v); err != nil {
				return err
			}
		}
		return nil
	}
	type answer struct {
		v   T
		err error
	}
	answers := make([]chan answer, len(paths))
	begun := 0
	begin := func(until int) {
		for ; begun < min(until, len(paths)); begun++ {
			path := paths[begun]
			if path == "" {
				continue
			}
			ch := make(chan answer, 1)
			answers[begun] = ch
			go func() {
				v, err := read(path)
				ch <- answer{v, err}
			}()
		}
	}
	for i, path := range paths {
		begin(i + atOnce)
		if path == "" {
			continue
		}
		a := <-answers[i]
		answers[i] = nil
		if a.err != nil {
			return a.err
		}
		if err := take(i, a.v); err != nil {
			return err
		}
	}
	return nil
}

func anyAway(paths []string) bool {
	for _, path := range paths {
		if path != "" {
			return object.In(path)
		}
	}
	return false
}

// numbered are the names of n files.
func numbered(n int, name func(int) string) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = name(i)
	}
	return paths
}
