package langid
import ("testing";"os";"bytes";"syscall";"runtime";"fmt")
func cpu() float64 { var r syscall.Rusage; syscall.Getrusage(1,&r); return float64(r.Utime.Sec)+float64(r.Utime.Usec)/1e6 }
func TestCPU(t *testing.T){
 runtime.LockOSThread()
 c0:=cpu(); m,_:=Default(); fmt.Println("decode cpu s",cpu()-c0,len(m.automaton.moves)); id:=m.New()
 for _,f:=range []string{"/tmp/h11/nat.txt","/tmp/h11/text.txt"} { data,_:=os.ReadFile(f); data=data[:4e6]
 lines:=bytes.Split(data,[]byte("\n"))
 best:=0.0; worst:=1e9
 for range 8 {
 c:=cpu(); for _,l:=range lines { id.Identify(l) }; c=cpu()-c
 v:=float64(len(data))/1e6/c; best=max(best,v); worst=min(worst,v)}
 fmt.Printf("%s %d docs %.1f..%.1f MB/s cpu\n",f,len(lines),worst,best)}
}
