package verify_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// The sentences of ordinary notices are rich in digits and free of personal data. Those of tuned were read while the
// detector was written; those of measured were written for the measurement alone, and have fillers of their own.
var tuned = []string{
	"咨询电话：{fixed}，监督电话：12345，传真：{fixed}。",
	"根据国办发〔{year}〕{n}号文件精神，现将有关事项通知如下。",
	"本项目中标金额为{money}元，工期{n}日历天。",
	"统一社会信用代码：{uscc}，法定代表人已变更。",
	"{uscc} 示例市示例区某某有限公司",
	"采购编号：SL-{year}-{n}，预算金额{money}元，投标截止时间{date} {time}。",
	"审图号：GS（{year}）{n4}号",
	"地址：示例市示例路{n}号行政中心{n2}号楼{n3}室，邮编{post}。",
	"项目代码：{year}-{region}-48-01-{d6}，建设规模{money}平方米。",
	"订单号：{d16}，请凭订单号到窗口领取。",
	"书号ISBN 978-7-{d4}-{d4}-{d1}，定价{n}.00元。",
	"灾害点坐标：东经{lon}，北纬{lat}。",
	"行政区划代码{region}，村级代码{region}{d6}。",
	"网站标识码：{region}00{d2}，备案号：示ICP备{d8}号-1。",
	"{date}，我市完成核酸采样{money}人次，同比增长{n2}.{d2}%。",
	"示例路{n}号至{n}号将于{date}{time}至{time}停电，请相关用户做好准备。",
	"许可证编号：JY{d14}，有效期至{date}。",
	"招标公告发布时间{year}-{mm}-{dd} {time}:{d2}，编号{year}{mm}{dd}{d4}。",
	"票据号码：{d10}，校验码：{d6}。",
	"公示名单：张某，138****{d4}，35*************{d3}。",
	"联系人：李科长，联系电话（{area}）{d8}。",
	"凡{year}年8月31日前出生的适龄儿童均可报名，{year}年9月1日至{year}年8月31日出生的登记在册。",
	"邮箱：bgs@www.shili.gov.cn，请将意见于{date}前反馈。",
	"上半年地区生产总值{money}万元，{n}户，{n4}人，{n4}件。",
	"产权证号：示（{year}）示例市不动产权第{d7}号，面积{n}.{d2}平方米。",
	"详见http://www.shili.example/art/{year}/{n2}/{n2}/art_{d10}_{d11}.html。",
	"示例小区{n2}幢{n2}单元加装电梯公示，公示期{n2}天。",
	"流水号 {year}{mm}{dd}{d9}，受理时间 {time}。",
	"车次：G{d4}次、K{d3}次、D{d3}次停运，{time}恢复。",
	"收款单位：示例市财政局，开户银行：示例银行，账号：{bank}。",
	"QQ群：{d9}；公众号“示例发布”。",
	"服务热线400-{d3}-{d4}、95598、96345、12315。",
	"{year} {year} {year} {year}年分别为{n4}、{n4}、{n4}、{n4}户。",
	"抽查比例{n2}.{d2}%，涉及金额{money}.{d2}元，合{n}.{d4}万元。",
	"宗地编号：示土让{year}-{n2}，宗地统一编号{region}{d3}B{d6}。",
	"抽检批号{year}{mm}{dd}，条形码69{d11}。",
	"任前公示：王某，男，汉族，{birthyear}年{n2}月生，现任示例局科长。",
	"中国人民银行示例市中心支行公告{year}年第{n2}号。",
	"采样日期{year}/{n2}/{n2}，样品编号{year}-{d4}-{d4}-{d4}。",
	"办公时间：周一至周五 8:30-12:00，14:00-17:30，电话{fixed}-8{d2}。",
}

var measured = []string{
	"报名咨询请致电{fixed}或{fixed}，也可拨打12333、12348。",
	"《关于印发实施方案的通知》（示政发〔{year}〕{n}号）自{date}起施行，示政办发〔{year}〕{n}号同时废止。",
	"成交供应商：示例建设集团有限公司（{uscc}），成交价{money}.{d2}元。",
	"申请人统一社会信用代码为{uscc}，注册资本{n4}万元。",
	"公共资源交易项目编号：{region}{year}{mm}{dd}{d4}，开标时间：{date}上午{time}。",
	"本图审图号为示S（{year}）{n}号，比例尺1:{n}0000。",
	"受理地点：示例区示例大道{n}号市民中心{n2}楼{n2}号窗口，邮政编码：{post}。",
	"投资项目统一代码 {year}-{region}-{d2}-{d2}-{d6}，总投资{money}万元。",
	"查询请输入受理编号{d15}，并填写验证码{d6}。",
	"教材书号：ISBN：9787{d9}，印数{n4}册。",
	"震中位于北纬{lat}度、东经{lon}度，震源深度{n2}千米。",
	"统计用区划代码：{region}{d3}，城乡分类代码1{d2}。",
	"本站标识码{region}00{d2}，公网安备 {region}020{d5}号。",
	"{date}{time}，水位{n2}.{d2}米，流量{n4}立方米每秒。",
	"环城东路（示例路至{n}号）于{date}封闭施工，公交{n}路、{n}路绕行。",
	"食品经营许可证：JY1{region}{d7}，抽样单号：XBJ{year}{d10}。",
	"系统于{year}{mm}{dd}{d6}完成升级，日志编号{d17}。",
	"非税收入票据代码{d8}，票号{d10}，金额{money}元。",
	"拟补贴人员：王*，身份证号{region}********{d4}，电话139****{d4}。",
	"监督举报电话：{area}-{d8}（工作日），{area}-{d7}（夜间）。",
	"年满6周岁（{year}年8月31日以前出生）的儿童应当入学；{year}年1月1日以后出生的，按新标准执行。",
	"材料请寄送或发送至邮箱 gongkai@shili.gov.cn，联系电话{fixed}。",
	"全年一般公共预算收入{money}万元，比上年增长{n2}.{d1}%，城镇新增就业{n4}人。",
	"抵押登记：示（{year}）示例县不动产证明第{d7}号，债权数额{money}元。",
	"下载地址：https://www.shili.example/files/{year}{mm}/{d18}.pdf",
	"示例花园{n2}期共{n2}幢{n4}户，其中{n2}号楼{n2}层以上已封顶。",
	"业务流水号：{d19}；申报日期：{year}.{mm}.{dd}。",
	"示例机场航班MU{d4}、CA{d4}取消，改签电话955{d2}、{fixed}。",
	"保证金汇至：户名：示例县公共资源交易中心，账号：{bank}，开户行：示例农商银行。",
	"示例市招商交流群{d9}（QQ），官网www.shili.example:{d4}。",
	"供电服务95598、供水服务96{d3}、燃气抢修{fixed}，24小时值守。",
	"{n4} {n4} {n4} {n4} {n4} {n4}",
	"其中：基建{money}元，设备{money}元，预备费{n}.{d4}万元，占{n2}.{d2}%。",
	"地块编号：{year}-{n2}号，出让面积{money}平方米，容积率{d1}.{d1}。",
	"药品批准文号：国药准字H{d8}，追溯码{d20}。",
	"李某，女，{birthyear}年{n2}月出生，大学学历，拟任示例镇镇长。",
	"示例法院（{year}）示{d4}民初{d4}号判决书送达公告。",
	"采样点位{n}个，合同编号：HT-{year}{mm}{dd}-{d3}-{d5}。",
	"周末值班（{n2}月{n2}日）：市政务服务中心{area}-{d8}转{d3}。",
	"设备序列号：{d12}，固件版本v{n2}.{n2}.{n2}.{d4}。",
}

var filler = regexp.MustCompile(`\{(\w+)\}`)

// ordinary fills one of the templates.
func ordinary(r *rand.Rand, templates []string) string {
	return filler.ReplaceAllStringFunc(pick(r, templates...), func(m string) string {
		name := m[1 : len(m)-1]
		switch name {
		case "fixed":
			return pick(r, "0571", "010", "021", "0851", "0971") + pick(r, "-", "-", "", "－") + pick(r, "2", "5", "6", "8") + randomDigits(r, pick(r, 6, 7))
		case "area":
			return pick(r, "010", "020", "0591", "0871", "0991")
		case "year":
			return fmt.Sprint(2008 + r.IntN(19))
		case "birthyear":
			return fmt.Sprint(1965 + r.IntN(30))
		case "n":
			return fmt.Sprint(1 + r.IntN(999))
		case "n2":
			return fmt.Sprint(1 + r.IntN(12))
		case "n3":
			return fmt.Sprint(101 + r.IntN(900))
		case "n4":
			return fmt.Sprint(1000 + r.IntN(9000))
		case "money":
			return pick(r, randomAmount(r, 5), randomAmount(r, 7), randomAmount(r, 9), randomAmount(r, 11), thousands(randomAmount(r, 10)))
		case "uscc":
			return randomUSCC(r)
		case "date":
			y, m, d := randomDay(r, 2015, 2026)
			return fmt.Sprintf(pick(r, "%d年%d月%d日", "%d年%02d月%02d日", "%d-%02d-%02d"), y, m, d)
		case "time":
			return fmt.Sprintf("%d:%02d", r.IntN(24), r.IntN(60))
		case "mm":
			return fmt.Sprintf("%02d", 1+r.IntN(12))
		case "dd":
			return fmt.Sprintf("%02d", 1+r.IntN(28))
		case "post":
			return fmt.Sprintf("%06d", 100000+r.IntN(750000))
		case "region":
			return randomRegion(r)
		case "lon":
			return fmt.Sprintf("%.*f", pick(r, 2, 4, 6, 11), 75+60*r.Float64())
		case "lat":
			return fmt.Sprintf("%.*f", pick(r, 2, 4, 6, 11), 18+35*r.Float64())
		case "bank":
			return pick(r, "3", "6", "1", "4") + randomDigits(r, pick(r, 15, 16, 17, 18))
		default: // d and the number of digits
			var n int
			_, err := fmt.Sscanf(name, "d%d", &n)
			if err != nil {
				panic("no filler " + name)
			}
			return randomDigits(r, n)
		}
	})
}

func randomAmount(r *rand.Rand, digits int) string {
	return pick(r, "1", "2", "3", "6", "8") + randomDigits(r, digits-1)
}

func thousands(s string) string {
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// randomUSCC is a valid code of a unit; most codes of government bodies have digits only.
func randomUSCC(r *rand.Rand) string {
	head := pick(r, "11", "12", "13", "52", "91", "92", "93") + randomRegion(r)
	subject := randomDigits(r, 8)
	if r.IntN(3) == 0 {
		subject = "MA" + string(letters31[r.IntN(31)]) + randomDigits(r, 5)
	}
	if code := uscc(head, subject); r.IntN(2) == 0 || strings.Trim(code, "0123456789") == "" {
		return code
	}
	return randomUSCC(r)
}
