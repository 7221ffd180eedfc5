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

        Refuses(folder.Write("a.txt", bytes), "the text must be UTF-8; " + expected);
    }

    private static void Refuses(string path, string rule)
    {
        BadInputException error = Assert.Throws<BadInputException>(() => TextFile.Read(path));
        Assert.Equal($"[data] {path}: {rule}", error.Message);
    }
}
