using System.Text;

namespace MuonSharp.Training.Tests.Data;

public class TextFileTests
{
    [Fact]
    public void A_text_is_read_as_it_is()
    {
        using TemporaryFolder folder = new();

        Assert.Equal("é\r\nb\n", TextFile.Read(folder.Write("a.txt", "é\r\nb\n")));
    }

    [Fact]
    public void A_byte_order_mark_is_no_text()
    {
        using TemporaryFolder folder = new();

        Assert.Equal("a", TextFile.Read(folder.Write("a.txt", [0xEF, 0xBB, 0xBF, (byte)'a'])));
    }

    [Fact]
    public void A_directory_is_not_a_text()
    {
        using TemporaryFolder folder = new();

        Refuses(folder.Path, "a file must be named; a directory came");
    }

    [Fact]
    public void A_missing_file_is_an_error_of_one_line()
    {
        using TemporaryFolder folder = new();

        Refuses(folder.File("none.txt"), "the file must exist; there is none");
        Refuses(folder.File("no/such/folder.txt"), "the file must exist; there is none");
    }

    [Fact]
    public void An_empty_file_is_refused()
    {
        using TemporaryFolder folder = new();

        Refuses(folder.Write("a.txt", ""), "the text must not be empty; 0 bytes came");
        Refuses(folder.Write("b.txt", [0xEF, 0xBB, 0xBF]), "the text must not be empty; 0 bytes came");
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0xFF }, "byte 0xFF came at offset 1")]
    [InlineData(new byte[] { 0xC3 }, "byte 0xC3 came at offset 0")]
    [InlineData(new byte[] { 0x61, 0x62, 0xED, 0xA0, 0x80 }, "byte 0xED came at offset 2")]
    public void What_is_not_UTF8_is_refused_with_its_place(byte[] bytes, string expected)
    {
        using TemporaryFolder folder = new();

        Refuses(folder.Write("a.txt", bytes), "the text must be UTF-8; " + expected, more: true);
    }

    public static TheoryData<string, byte[], string> OtherCodes => new()
    {
        { "utf-16", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(German)], "UTF-16: iconv -f UTF-16 " },
        { "utf-16 big-endian", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(German)], "UTF-16: iconv -f UTF-16 " },
        { "utf-32", [.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(German)], "UTF-32: iconv -f UTF-32 " },
        { "utf-16 without a mark", Encoding.Unicode.GetBytes(German), "UTF-16LE: iconv -f UTF-16LE " },
        { "utf-16 big-endian without a mark", Encoding.BigEndianUnicode.GetBytes(German), "UTF-16BE: iconv -f UTF-16BE " },
        { "utf-32 without a mark", Encoding.UTF32.GetBytes(German), "UTF-32LE: iconv -f UTF-32LE " },
        { "latin-1", Encoding.Latin1.GetBytes(German), "Latin-1: iconv -f ISO-8859-1 " },
        { "windows-1252", [.. Encoding.Latin1.GetBytes(German), 0x93, (byte)'a', 0x94], "Windows-1252: iconv -f WINDOWS-1252 " },
        { "gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "a gzip file: zcat " },
        { "zip", [.. "PK\u0003\u0004"u8, 20, 0, 0xE0, 0xFF], "a zip file" },
        { "binary", [1, 2, 0, 0xF7, 0xE6, 0, 0x91], "no text at all" },
    };

    /// <summary>Words with letters above ASCII, which most codes write in other bytes.</summary>
    private static string German => string.Concat(Enumerable.Repeat("Die Füße der Mädchen hören schöne Lieder.\n", 20));

    [Theory]
    [MemberData(nameof(OtherCodes))]
    public void What_is_written_in_another_code_is_named_with_the_way_on(string name, byte[] bytes, string hint)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write($"{name.Replace(' ', '-')}.txt", bytes);

        string message = Assert.Throws<BadInputException>(() => TextFile.Read(path)).Message;

        Assert.StartsWith($"[data] {path}: the text must be UTF-8; ", message, StringComparison.Ordinal);
        Assert.Contains("; it looks like " + hint, message, StringComparison.Ordinal);
        Assert.Equal(message, Assert.Throws<BadInputException>(() => new ByteTokenizer().EncodeFile(path)).Message);
    }

    [Fact]
    public void Damaged_UTF8_is_not_taken_for_another_code()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = Encoding.UTF8.GetBytes(German);
        bytes[Array.IndexOf(bytes, (byte)0xC3) + 1] = (byte)'x';
        Assert.EndsWith("most of it is UTF-8, so it may be damaged", Assert.Throws<BadInputException>(() => TextFile.Read(folder.Write("a.txt", bytes))).Message, StringComparison.Ordinal);
    }

    private static void Refuses(string path, string rule, bool more = false)
    {
        BadInputException error = Assert.Throws<BadInputException>(() => TextFile.Read(path));
        Assert.Equal($"[data] {path}: {rule}", more ? error.Message.Split("; it looks")[0] : error.Message);
    }
}
