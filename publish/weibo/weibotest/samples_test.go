package weibotest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// TestRecordedSamples compares answers with those that others have recorded from the
// platform. Each sample names where it is from.
func TestRecordedSamples(t *testing.T) {
	var samples []struct {
		Name, Source, Request string
		Fault                 weibotest.FaultName
		Status                int
		Body                  any
	}
	data, err := os.ReadFile("testdata/samples.json")
	ok(t, err)
	ok(t, json.Unmarshal(data, &samples))
	for _, sample := range samples {
		t.Run(sample.Name, func(t *testing.T) {
			r := newRig(t, nil)
			if sample.Fault != "" {
				r.Script(weibotest.Fault{Name: sample.Fault})
			}
			parts := strings.Fields(strings.ReplaceAll(sample.Request, "{token}", r.token))
			var req *http.Request
			if parts[0] == http.MethodGet {
				req = httptest.NewRequestWithContext(r.t.Context(), parts[0], parts[1]+"?"+parts[2], nil)
			} else {
				req = httptest.NewRequestWithContext(r.t.Context(), parts[0], parts[1], strings.NewReader(parts[2]))
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			got := r.do(req)
			var body any
			got.decode(t, &body)
			if got.status != sample.Status || !reflect.DeepEqual(body, sample.Body) {
				t.Errorf("got %v, want %d %v", got, sample.Status, sample.Body)
			}
		})
	}
}
