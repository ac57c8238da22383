package search

// cologne returns the Kölner Phonetik code of a folded word (H. J. Postel,
// IBM-Nachrichten 19, 1969): words that sound alike in German share a code.
func cologne(w string) string {
	code := make([]byte, 0, len(w))
	at := func(i int) byte {
		if i < 0 || i >= len(w) {
			return 0
		}
		return w[i]
	}
	emit := func(d byte) {
		if n := len(code); n > 0 && code[n-1] == d {
			return
		}
		code = append(code, d)
	}
	for i := 0; i < len(w); i++ {
		switch c := w[i]; c {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'j':
			emit('0')
		case 'b':
			emit('1')
		case 'p':
			if at(i+1) == 'h' {
				emit('3')
			} else {
				emit('1')
			}
		case 'd', 't':
			if n := at(i + 1); n == 'c' || n == 's' || n == 'z' {
				emit('8')
			} else {
				emit('2')
			}
		case 'f', 'v', 'w':
			emit('3')
		case 'g', 'k', 'q':
			emit('4')
		case 'c':
			emit(cologneC(at(i-1), at(i+1)))
		case 'x':
			if p := at(i - 1); p == 'c' || p == 'k' || p == 'q' {
				emit('8')
			} else {
				emit('4')
				emit('8')
			}
		case 'l':
			emit('5')
		case 'm', 'n':
			emit('6')
		case 'r':
			emit('7')
		case 's', 'z':
			emit('8')
		}
	}
	out := code[:0]
	for i, d := range code {
		if d == '0' && i > 0 {
			continue
		}
		out = append(out, d)
	}
	return string(out)
}

// cologneC codes the letter c by its neighbours; before is 0 at the start.
func cologneC(before, after byte) byte {
	hard := func(set string) bool {
		for i := 0; i < len(set); i++ {
			if set[i] == after {
				return true
			}
		}
		return false
	}
	switch {
	case before == 0 && hard("ahkloqrux"):
		return '4'
	case before == 0, before == 's', before == 'z':
		return '8'
	case hard("ahkoqux"):
		return '4'
	}
	return '8'
}
