package publish

import (
	"encoding/binary"
	"errors"
	"iter"
	"time"
)

// film is what the head of an MP4 says (ISO/IEC 14496-12, §4.2, §8.2, §8.3, §8.8). It reads a handful of fixed fields; a
// library that also reads the tables of samples can be kept busy for many seconds by a small file made for it.
func film(data []byte) (width, height int, length time.Duration, err error) {
	moov, ok := child(data, "moov")
	if !ok {
		return 0, 0, 0, errors.New("it has no head (moov), or is cut off before it")
	}
	mvhd, _ := child(moov, "mvhd")
	scale, units, ok := clock(mvhd)
	if !ok {
		return 0, 0, 0, errors.New("its head has no clock (mvhd)")
	}
	if mvex, ok := child(moov, "mvex"); ok { // in fragments: the whole length is said apart, if at all
		mehd, _ := child(mvex, "mehd")
		units = max(units, number(mehd, 4))
	}
	tracks := 0
	for name, trak := range boxes(moov) {
		if name != "trak" {
			continue
		}
		tracks++
		if tkhd, ok := child(trak, "tkhd"); ok && len(tkhd) >= 8 {
			side := func(b []byte) int { return int(binary.BigEndian.Uint32(b) >> 16) } // 16.16
			end := len(tkhd)
			width, height = max(width, side(tkhd[end-8:])), max(height, side(tkhd[end-4:]))
		}
	}
	if tracks == 0 {
		return 0, 0, 0, errors.New("it has no track")
	}
	if seconds := units / uint64(scale); seconds < uint64(1<<62/time.Second) {
		length = time.Duration(seconds)*time.Second + time.Duration(units%uint64(scale))*time.Second/time.Duration(scale)
	}
	return width, height, length, nil
}

// boxes yields the boxes that the data is made of. It ends where one says it is longer than what is left.
func boxes(data []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(data) >= 8 {
			size, head := uint64(binary.BigEndian.Uint32(data)), uint64(8)
			switch {
			case size == 0: // to the end
				size = uint64(len(data))
			case size == 1 && len(data) >= 16:
				size, head = binary.BigEndian.Uint64(data[8:]), 16
			}
			if size < head || size > uint64(len(data)) || !yield(string(data[4:8]), data[head:size]) {
				return
			}
			data = data[size:]
		}
	}
}

func child(data []byte, name string) ([]byte, bool) {
	for n, body := range boxes(data) {
		if n == name {
			return body, true
		}
	}
	return nil, false
}

// clock reads timescale and duration of an mvhd.
func clock(mvhd []byte) (scale uint32, units uint64, ok bool) {
	at := 12
	if len(mvhd) > 0 && mvhd[0] == 1 {
		at = 20
	}
	if len(mvhd) < at+4 {
		return 0, 0, false
	}
	scale = binary.BigEndian.Uint32(mvhd[at:])
	return scale, number(mvhd, at+4), scale > 0
}

// number reads the length at the place, which has 8 bytes in version 1 of a box and 4 in version 0. All ones say that it
// is not known; that and what is cut off count as 0.
func number(box []byte, at int) uint64 {
	switch {
	case len(box) > 0 && box[0] == 1 && len(box) >= at+8:
		if n := binary.BigEndian.Uint64(box[at:]); n != 1<<64-1 {
			return n
		}
	case len(box) > 0 && box[0] == 0 && len(box) >= at+4:
		if n := binary.BigEndian.Uint32(box[at:]); n != 1<<32-1 {
			return uint64(n)
		}
	}
	return 0
}
