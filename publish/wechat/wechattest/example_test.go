package wechattest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// A mass message whose answer gets lost: the client sees an error, the platform holds
// the message, and the same clientmsgid tells so a minute later.
func Example() {
	fake := wechattest.New(nil)
	fake.AddApp(wechattest.App{ID: "wx1", Secret: "s"})
	token, err := fake.Token("wx1", true)
	if err != nil {
		fmt.Println(err)
		return
	}
	fake.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Endpoint: "message/mass/sendall", Times: 1})

	server := httptest.NewServer(fake)
	defer server.Close()
	send := func() error {
		body := `{"filter":{"is_to_all":true},"msgtype":"text","text":{"content":"今晚十点起停水"},"clientmsgid":"op-1"}`
		answer, err := server.Client().Post(server.URL+"/cgi-bin/message/mass/sendall?access_token="+token.AccessToken,
			"application/json", strings.NewReader(body))
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		var code int
		if _, err := fmt.Fscanf(answer.Body, `{"errcode":%d`, &code); err != nil {
			return err
		}
		fmt.Println("errcode:", code)
		return nil
	}
	fmt.Println("answered:", send() == nil)
	fake.Advance(2 * time.Minute)
	fmt.Println("answered:", send() == nil)
	for _, mass := range fake.Journal().Masses {
		fmt.Println("held:", mass.Text, mass.Status)
	}
	// Output:
	// answered: false
	// errcode: 45065
	// answered: true
	// held: 今晚十点起停水 SEND_SUCCESS
}
