package wordpresstest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// A post whose answer gets lost, and the second try of a client that believes the error.
func Example() {
	fake := wordpresstest.New(nil)
	fake.AddUser(wordpresstest.User{Login: "city", Role: wordpresstest.Editor})
	password, err := fake.Password("city")
	if err != nil {
		fmt.Println(err)
		return
	}
	fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultDropAfter, Endpoint: "posts.create", Times: 1})
	server := httptest.NewServer(fake)
	defer server.Close()

	for range 2 {
		body := strings.NewReader(`{"title":"停水通知","content":"今晚十点起","slug":"notice-1","status":"publish"}`)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+"/wp-json/wp/v2/posts", body)
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth("city", password)
		answer, err := server.Client().Do(req)
		if err == nil {
			_ = answer.Body.Close()
		}
		fmt.Println("answered:", err == nil)
	}
	for _, post := range fake.Journal().Posts {
		fmt.Println("held:", post.Slug, post.Title)
	}
	// Output:
	// answered: false
	// answered: true
	// held: notice-1 停水通知
	// held: notice-1-2 停水通知
}
