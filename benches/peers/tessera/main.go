// The same number of bytes into Tessera's POSIX log: sequenced and durable when Add's future resolves. Nobody verifies anything.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	dir := flag.String("dir", "", "where the log goes")
	size := flag.Int("bytes", 1532, "of an entry")
	seconds := flag.Int("seconds", 5, "how long")
	flag.Parse()
	found := map[string]float64{}
	for _, batch := range []uint{256, 1024, 4096} {
		name := fmt.Sprintf("batches of at most %d", batch)
		found[name] = measure(fmt.Sprintf("%s/%d", *dir, batch), *size, batch, time.Duration(*seconds)*time.Second)
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{"events_per_second": found}))
}

func measure(dir string, size int, batch uint, span time.Duration) float64 {
	ctx := context.Background()
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	must(err)
	secret, _, err := note.GenerateKey(rand.Reader, "peers.example.invalid")
	must(err)
	signer, err := note.NewSigner(secret)
	must(err)
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).
		WithCheckpointInterval(500*time.Millisecond).WithBatching(batch, 5*time.Millisecond).WithPushback(4 * batch)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	must(err)
	var callers sync.WaitGroup
	counts := make([]int, 2*batch)
	started := time.Now()
	for caller := range counts {
		callers.Go(func() {
			entry := make([]byte, size)
			for time.Since(started) < span {
				// Entries differ, as signed statements do.
				_, err := rand.Read(entry[:32])
				must(err)
				if _, err := appender.Add(ctx, tessera.NewEntry(append([]byte(nil), entry...)))(); err == nil {
					counts[caller]++
				}
			}
		})
	}
	callers.Wait()
	took := time.Since(started).Seconds()
	must(shutdown(ctx))
	total := 0
	for _, count := range counts {
		total += count
	}
	return float64(total) / took
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
