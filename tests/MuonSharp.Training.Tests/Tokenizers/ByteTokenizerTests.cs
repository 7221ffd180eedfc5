namespace MuonSharp.Training.Tests.Tokenizers;

public class ByteTokenizerTests
{
    [Fact]
    public void Tokens_are_the_bytes_of_UTF8()
    {
        ByteTokenizer tokenizer = new();

        Assert.Equal(256, tokenizer.VocabularySize);
        Assert.Equal([0x61, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80], tokenizer.Encode("aé😀"));
    }

    [Fact]
    public void Any_text_comes_back()
    {
        ByteTokenizer tokenizer = new();
        string text = "any text: é😀\0\n\uFFFD";

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void Every_token_is_one_byte()
    {
        ByteTokenizer tokenizer = new();
        for (int token = 0; token < 256; token++)
        {
            Assert.Equal(1, tokenizer.CountBytes([token]));
            Assert.Equal(token < 128 ? ((char)token).ToString() : "\uFFFD", tokenizer.Decode([token]));
        }

        Assert.Equal(7, tokenizer.CountBytes(tokenizer.Encode("aé😀")));
    }

    [Fact]
    public void It_survives_its_file()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("tokenizer.json", TokenizerFile.ToBytes(new ByteTokenizer()));

        Assert.IsType<ByteTokenizer>(TokenizerFile.Load(path));
    }
}
