package attach_test

import (
	"bytes"
	"fmt"

	"github.com/xuri/excelize/v2"

	"github.com/govmedia/govmedia/verify/attach"
)

func ExampleChecker_File() {
	book := excelize.NewFile()
	_ = book.SetSheetName("Sheet1", "名单")
	_ = book.SetSheetRow("名单", "A1", &[]any{"姓名", "联系电话"})
	_ = book.SetSheetRow("名单", "A2", &[]any{"张某", 13812345678})
	data, _ := book.WriteToBuffer()

	found, err := attach.Checker{}.File("公示名单.xlsx", bytes.NewReader(data.Bytes()), int64(data.Len()))
	for _, f := range found {
		fmt.Println(f.Field, f.Explanation)
	}
	fmt.Println(err)
	// Output:
	// 工作表“名单”!B2 含有未作遮盖的手机号码（138****5678）。
	// <nil>
}
