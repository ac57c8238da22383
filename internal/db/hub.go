package db

import "sync"

// hub passes notices to the listeners of this process.
type hub struct {
	mu        sync.Mutex // guards the rest
	next      int
	listeners map[string]map[int]chan string
	closed    bool
}

func newHub() *hub { return &hub{listeners: map[string]map[int]chan string{}} }

func (h *hub) listen(topic string) (<-chan string, func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := make(chan string, 64)
	if h.closed {
		close(c)
		return c, func() {}
	}
	if h.listeners[topic] == nil {
		h.listeners[topic] = map[int]chan string{}
	}
	id := h.next
	h.next++
	h.listeners[topic][id] = c
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, ok := h.listeners[topic][id]; ok {
			delete(h.listeners[topic], id)
			close(c)
		}
	}
}

func (h *hub) tell(topic, payload string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.put(topic, payload)
}

// tellAll tells the listeners of every topic that something may have been
// missed: an empty payload.
func (h *hub) tellAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic := range h.listeners {
		h.put(topic, "")
	}
}

// put needs the lock.
func (h *hub) put(topic, payload string) {
	for _, c := range h.listeners[topic] {
		for {
			select {
			case c <- payload:
			default:
				select { // full: drop the oldest
				case <-c:
				default:
				}
				continue
			}
			break
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, m := range h.listeners {
		for _, c := range m {
			close(c)
		}
	}
	h.listeners = map[string]map[int]chan string{}
}
