package register_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
)

func ExampleRead() {
	file := "单位编号,单位名称,层级,账号编号,平台,账号名称,账号类别,平台角色,状态\n" +
		"u1,示例市公安局,市,a1,weibo,示例公安,单位账号,发布,正常\n" +
		"u1,示例市公安局,市,a2,强国号,示例交警,单位账号,发布,正常\n"
	reg, findings, err := register.Read(strings.NewReader(file), register.ReadOptions{KeepGood: true})
	fmt.Println(len(reg.Accounts), err)
	for _, f := range findings {
		fmt.Println(f.Subject, f.Field, f.Severity)
	}
	// Output:
	// 1 <nil>
	// 第3行 平台 error
}

func ExampleWrite() {
	reg := account.Register{Units: []account.Unit{{ID: "u1", Name: "=示例市公安局", Region: "636100", Level: account.City}}}
	if err := register.Write(os.Stdout, reg, register.WriteOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 单位编号,单位名称,统一社会信用代码,行政区划代码,层级,系统,主管单位编号,单位来源,账号编号,平台,应用,平台账号ID,账号名称,链接,账号类别,平台角色,状态,认证说明,矩阵,来源,到期日,联合主办单位编号,承接账号编号
	// u1,'=示例市公安局,,636100,市,,,,,,,,,,,,,,,,,,
}

// What a filing platform exports is set beside the register, field by field.
func ExampleCompare() {
	reg := account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例市公安局", Level: account.City}},
		Accounts: []account.Account{
			{ID: "a1", App: account.App{Platform: "weibo"}, Name: "示例公安", Unit: "u1", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open},
			{ID: "a2", App: account.App{Platform: "douyin"}, Name: "示例公安", Unit: "u1", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open},
		},
	}
	file := "平台,账号名称,主办单位\n微博,示例公安,示例市公安\n快手,示例公安,示例市公安局\n"
	provincial, _, err := register.ReadExport(strings.NewReader(file), "省级平台", register.BuiltInMapping(), register.ReadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := register.Compare(reg, provincial)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range c.Findings {
		fmt.Println(f.Rule, f.Explanation)
	}
	fmt.Println(len(c.Batch("省级平台").Accounts), "accounts to file")
	// Output:
	// filing.differs 账号“示例公安”（weibo）的“单位名称”：台账为“示例市公安局”，省级平台第2行为“示例市公安”。
	// filing.missing 账号“示例公安”（douyin）在台账中，但省级平台没有。
	// filing.added 省级平台第3行的账号“示例公安”（kuaishou）不在台账中。
	// 2 accounts to file
}
