package account

// Resemblance (相似名称) is the name of a registered account that another name may be mistaken for.
type Resemblance struct {
	Name string `json:"name"` // of the registered account
	Why  string `json:"why"`  // what is alike, for the public, in Chinese
}
