package wechattest

import (
	"net/http"
	"strconv"
	"time"
)

// before returns the answer of a fault that keeps the call from being carried out.
func (s *Server) before(c *call, f *Fault) (a answer, instead bool) {
	switch f.Name {
	case FaultRefuse:
		return answer{drop: true}, true
	case FaultHang:
		return answer{hold: true, delay: f.Delay, drop: true}, true
	case Fault5xxBefore:
		return gateway(f, http.StatusBadGateway), true
	case FaultDown, FaultReadDown:
		return gateway(f, http.StatusServiceUnavailable), true
	case FaultTooMany:
		return s.tooMany(c, f), true
	case FaultTokenExpired:
		c.token.expires = c.now
		return s.refused(f, 42001), true
	case FaultTokenOverwritten:
		c.token.overwrite(c.now)
		return s.refused(f, 40001), true
	case FaultSystemBusy:
		return s.refused(f, -1), true
	case FaultQuota:
		return s.refused(f, 45009), true
	case FaultFrequency:
		return s.refused(f, 45011), true
	case FaultMediaRejected:
		return s.refused(f, 40005), true
	default:
		return answer{}, false
	}
}

// after changes the answer of a call that has been carried out.
func (s *Server) after(f *Fault, a *answer) {
	switch f.Name {
	case FaultDropAfter:
		a.drop = true
	case FaultHangAfter:
		a.hold, a.delay = true, f.Delay
	case Fault5xxAfter:
		*a = gateway(f, http.StatusBadGateway)
	case Fault4xxAfter:
		*a = s.refused(f, -1)
		if f.Status == 0 {
			a.status = http.StatusBadRequest
		}
	case FaultSystemBusyAfter:
		*a = s.refused(f, -1)
	case FaultGarbage:
		a.body = a.body[:len(a.body)/2]
	}
}

func (s *Server) refused(f *Fault, code int) answer {
	if f.Code != 0 {
		code = f.Code
	}
	return s.render(nil, &refusal{code: code, status: f.Status})
}

// gateway is the page of a proxy in front of the platform, which knows no JSON.
func gateway(f *Fault, status int) answer {
	if f.Status != 0 {
		status = f.Status
	}
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	return answer{
		status:      status,
		contentType: "text/html",
		body:        []byte("<html>\r\n<head><title>" + text + "</title></head>\r\n<body><h1>" + text + "</h1></body>\r\n</html>\r\n"),
	}
}

func (s *Server) tooMany(c *call, f *Fault) answer {
	a := gateway(f, http.StatusTooManyRequests)
	if f.Code != 0 {
		a = s.refused(&Fault{Status: a.status}, f.Code)
	}
	switch {
	case f.RetryAfter <= 0:
	case f.RetryAfterDate:
		a.retryAfter = c.now.Add(f.RetryAfter).UTC().Format(http.TimeFormat)
	default:
		a.retryAfter = strconv.Itoa(int(f.RetryAfter / time.Second))
	}
	return a
}
