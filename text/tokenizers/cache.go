package tokenizers

import "encoding/binary"

// cache remembers the tokens of words. Its memory is fixed: a word takes the
// slot of another, and all are forgotten when the list of ids is full.
type cache struct {
	slots []cacheSlot
	ids   []uint32
}

// cacheSlot has the tokens of one word: one alone in token, more in ids from
// token on.
type cacheSlot struct {
	key   wordKey
	token uint32
	count uint32 // 0 for an empty slot
}

// wordKey is a word of at most 23 bytes, and its length in the last one.
type wordKey [3]uint64

const (
	maxCached  = 23
	cacheSlots = 1 << 15 // 1 MiB
	cacheIDs   = 1 << 18 // 1 MiB
)

func newCache() *cache {
	return &cache{slots: make([]cacheSlot, cacheSlots), ids: make([]uint32, 0, cacheIDs)}
}

func keyOf(word []byte) (k wordKey) {
	var b [24]byte
	copy(b[:maxCached], word)
	b[maxCached] = byte(len(word))
	k[0] = binary.LittleEndian.Uint64(b[:])
	k[1] = binary.LittleEndian.Uint64(b[8:])
	k[2] = binary.LittleEndian.Uint64(b[16:])
	return k
}

// slot is where the word may be.
func (c *cache) slot(k *wordKey) *cacheSlot {
	h := (k[0] ^ k[1]*0xC2B2AE3D27D4EB4F ^ k[2]*0x165667B19E3779F9) * 0x9E3779B97F4A7C15
	return &c.slots[h>>(64-15)&(cacheSlots-1)]
}

// put notes the tokens of a word in its slot.
func (c *cache) put(s *cacheSlot, k wordKey, ids []uint32) {
	if len(ids) == 0 {
		return
	}
	if len(ids) > 1 && len(c.ids)+len(ids) > cap(c.ids) {
		clear(c.slots)
		c.ids = c.ids[:0]
	}
	*s = cacheSlot{k, ids[0], uint32(len(ids))}
	if len(ids) > 1 {
		s.token = uint32(len(c.ids))
		c.ids = append(c.ids, ids...)
	}
}
