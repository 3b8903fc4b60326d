// Judges our checkpoints and proofs with Go's own packages: every one as it is, then once more with one thing
// changed, which must be refused.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type sample struct {
	Key, Old, New, Leaf    string
	Index                  int64
	Inclusion, Consistency []string
}

func head(text, key string) (int64, tlog.Hash, error) {
	var root tlog.Hash
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return 0, root, err
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return 0, root, fmt.Errorf("not three lines under the key's name")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, root, err
	}
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(raw) != len(root) {
		return 0, root, fmt.Errorf("no root")
	}
	copy(root[:], raw)
	return size, root, nil
}

func hashes(texts []string) ([]tlog.Hash, error) {
	out := []tlog.Hash{}
	for _, text := range texts {
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("no hash: %s", text)
		}
		var h tlog.Hash
		copy(h[:], raw)
		out = append(out, h)
	}
	return out, nil
}

func judge(s sample) error {
	oldSize, oldRoot, err := head(s.Old, s.Key)
	if err != nil {
		return err
	}
	size, root, err := head(s.New, s.Key)
	if err != nil {
		return err
	}
	leaf, err := hex.DecodeString(s.Leaf)
	if err != nil {
		return err
	}
	inclusion, err := hashes(s.Inclusion)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(tlog.RecordProof(inclusion), size, root, s.Index, tlog.RecordHash(leaf)); err != nil {
		return err
	}
	consistency, err := hashes(s.Consistency)
	if err != nil {
		return err
	}
	return tlog.CheckTree(tlog.TreeProof(consistency), size, root, oldSize, oldRoot)
}

// One hexadecimal digit is another one afterwards.
func bent(text string, at int) string {
	digit := "1"
	if text[at] == '1' {
		digit = "2"
	}
	return text[:at] + digit + text[at+1:]
}

func replaced(list []string, at int) []string {
	out := append([]string{}, list...)
	out[at] = bent(out[at], at%64)
	return out
}

// Line of a note with one character changed.
func noteWith(text string, line, at int) string {
	lines := strings.Split(text, "\n")
	at %= len(lines[line])
	c := byte('A')
	if lines[line][at] == c {
		c = 'B'
	}
	lines[line] = lines[line][:at] + string(c) + lines[line][at+1:]
	return strings.Join(lines, "\n")
}

// Ten kinds of tampering, in turn.
func tampered(s sample, n int) (sample, string) {
	switch n % 10 {
	case 0:
		s.Leaf = bent(s.Leaf, n%len(s.Leaf))
		return s, "leaf"
	case 1:
		s.Inclusion = replaced(s.Inclusion, n%len(s.Inclusion))
		return s, "hash of the inclusion proof"
	case 2:
		s.Consistency = replaced(s.Consistency, n%len(s.Consistency))
		return s, "hash of the consistency proof"
	case 3:
		s.New = noteWith(s.New, 2, n%42)
		return s, "root of the checkpoint"
	case 4:
		s.New = noteWith(s.New, 0, n)
		return s, "origin of the checkpoint"
	case 5:
		lines := strings.Split(s.New, "\n")
		lines[1] += "0"
		s.New = strings.Join(lines, "\n")
		return s, "size of the checkpoint"
	case 6:
		s.Old = noteWith(s.Old, 4, len(strings.Split(s.Old, "\n")[4])-20-n%60)
		return s, "signature of the older checkpoint"
	case 7:
		s.Inclusion = append(append([]string{}, s.Inclusion...), s.Inclusion[0])
		return s, "one hash too many"
	case 8:
		s.Consistency = s.Consistency[:len(s.Consistency)-1]
		return s, "one hash too few"
	default:
		s.Index ^= 1
		return s, "index"
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	passed, failed, n := 0, 0, 0
	count := func(fine bool, what string, err error) {
		if fine {
			passed++
			return
		}
		failed++
		fmt.Printf("sample %d, %s: %v\n", n, what, err)
	}
	for ; lines.Scan(); n++ {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			count(false, "not JSON", err)
			continue
		}
		err := judge(s)
		count(err == nil, "as it is", err)
		bad, what := tampered(s, n)
		err = judge(bad)
		count(err != nil, "accepted in spite of another "+what, err)
	}
	wanted := 0
	if len(os.Args) == 2 {
		wanted, _ = strconv.Atoi(os.Args[1])
	}
	if n != wanted {
		count(false, fmt.Sprintf("%d samples came, %d were wanted", n, wanted), lines.Err())
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed != 0 {
		os.Exit(1)
	}
}
