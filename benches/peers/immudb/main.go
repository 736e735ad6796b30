// The same number of bytes into immudb over gRPC: in its Merkle tree and synced when the call returns. Nobody verifies anything.
package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/codenotary/immudb/pkg/api/schema"
	"github.com/codenotary/immudb/pkg/client"
	"github.com/codenotary/immudb/embedded/logger"
	"github.com/codenotary/immudb/pkg/server"
)

// How many callers at once, and how many values each puts into a transaction. The database as it comes refuses more than 30
// transactions at once.
var variants = []struct {
	name           string
	callers, batch int
}{
	{"single rows, 28 callers", 28, 1},
	{"batches of 64, 4 callers", 4, 64},
	{"batches of 64, 28 callers", 28, 64},
	{"batches of 512, 8 callers", 8, 512},
}

func main() {
	dir := flag.String("dir", "", "where the database goes")
	size := flag.Int("bytes", 1532, "of a value")
	seconds := flag.Int("seconds", 5, "how long")
	flag.Parse()
	ctx := context.Background()
	port := serve(filepath.Join(*dir, "data"))
	found := map[string]float64{}
	for at, variant := range variants {
		options := client.DefaultOptions().WithAddress("127.0.0.1").WithPort(port).WithDir(filepath.Join(*dir, fmt.Sprint("client-", at)))
		session := client.NewClient().WithOptions(options)
		must(session.OpenSession(ctx, []byte("immudb"), []byte("immudb"), "defaultdb"))
		found[variant.name] = measure(ctx, session, uint32(at), *size, variant.callers, variant.batch, time.Duration(*seconds)*time.Second)
		must(session.CloseSession(ctx))
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{"events_per_second": found}))
	os.Exit(0)
}

// serve starts a server as it comes, durable, on a port of its own.
func serve(dir string) int {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	port := free.Addr().(*net.TCPAddr).Port
	must(free.Close())
	options := server.DefaultOptions().WithDir(dir).WithAddress("127.0.0.1").WithPort(port).WithSynced(true).
		WithMetricsServer(false).WithWebServer(false).WithAuth(true)
	one := server.DefaultServer().WithOptions(options).WithLogger(logger.NewSimpleLoggerWithLevel("peer", io.Discard, logger.LogError))
	must(one.Initialize())
	go func() { must(one.Start()) }()
	for try := 0; ; try++ {
		connection, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			must(connection.Close())
			return port
		}
		if try == 200 {
			must(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func measure(ctx context.Context, session client.ImmuClient, run uint32, size, callers, batch int, span time.Duration) float64 {
	var waiting sync.WaitGroup
	var events atomic.Int64
	started := time.Now()
	for caller := range callers {
		waiting.Go(func() {
			for number := uint64(0); time.Since(started) < span; {
				request := &schema.SetRequest{NoWait: true}
				for range batch {
					key, value := make([]byte, 16), make([]byte, size)
					binary.BigEndian.PutUint32(key, run)
					binary.BigEndian.PutUint32(key[4:], uint32(caller))
					binary.BigEndian.PutUint64(key[8:], number)
					number++
					// Values differ, as signed statements do.
					_, err := rand.Read(value[:32])
					must(err)
					request.KVs = append(request.KVs, &schema.KeyValue{Key: key, Value: value})
				}
				_, err := session.SetAll(ctx, request)
				must(err)
				events.Add(int64(batch))
			}
		})
	}
	waiting.Wait()
	return float64(events.Load()) / time.Since(started).Seconds()
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
