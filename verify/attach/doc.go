// Package attach checks what stands in attachments (附件) the way package verify checks texts: spreadsheets (xlsx) and
// documents (docx) are opened, and every cell, paragraph, header, comment and text box goes through the same gate,
// whether a reader sees it or not: hidden sheets and rows, deleted text that a revision keeps, cached tables of a chart.
//
// Start from [Checker]. Its findings say where: 工作表“名单”!C7, 表格1第2行第3列. What it cannot read it says: older formats and
// PDF are a KindUnsupported error, never "nothing found"; pictures and foreign objects inside a file are findings.
package attach
