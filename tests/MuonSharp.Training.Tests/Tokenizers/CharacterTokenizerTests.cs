using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Tokenizers;

public class CharacterTokenizerTests
{
    [Fact]
    public void The_vocabulary_is_the_texts_characters_sorted_by_code_point()
    {
        CharacterTokenizer tokenizer = CharacterTokenizer.FromText("banana\nÉa😀");

        Assert.Equal(6, tokenizer.VocabularySize);
        Assert.Equal([0, 1, 2, 3, 4, 5], tokenizer.Encode("\nabnÉ😀"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abba")]
    [InlineData("héé 😀\r\n")]
    public void Decoding_gives_the_text_back(string text)
    {
        CharacterTokenizer tokenizer = CharacterTokenizer.FromText("abhé 😀\r\n");

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void Bytes_are_counted_as_UTF8()
    {
        CharacterTokenizer tokenizer = CharacterTokenizer.FromText("aé😀");

        Assert.Equal(1 + 2 + 4, tokenizer.CountBytes(tokenizer.Encode("aé😀")));
    }

    [Theory]
    [InlineData("aqa", "'q' (U+0071)")]
    [InlineData("a\ta", "U+0009")]
    [InlineData("😀", "'😀' (U+1F600)")]
    public void A_character_that_the_text_lacks_is_named(string prompt, string name)
    {
        CharacterTokenizer tokenizer = CharacterTokenizer.FromText("abc");

        BadInputException error = Assert.Throws<BadInputException>(() => tokenizer.Encode(prompt));

        Assert.Equal($"[tokenizer] every character must be one of the 3 of the training text; {name} once, first in line 1 came (a run with data.tokenizer=byte knows all)", error.Message);
    }

    [Fact]
    public void All_unknown_characters_are_listed_the_most_frequent_first_up_to_ten()
    {
        CharacterTokenizer tokenizer = CharacterTokenizer.FromText("abc\n");
        string message = Assert.Throws<BadInputException>(() => tokenizer.Encode("abc\nax\nyxx\n01234567890")).Message;
        Assert.Contains(
            "; 'x' (U+0078) 3 times, first in line 2; '0' (U+0030) 2 times, first in line 4; '1' (U+0031) once, first in line 4; ", message, StringComparison.Ordinal);
        Assert.Contains("'8' (U+0038) once, first in line 4; and 2 others came", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(70_000)]
    [InlineData(200_000)]
    public void In_a_file_they_are_counted_over_the_whole_of_it_or_left_out(int length)
    {
        using TemporaryFolder folder = new();
        CharacterTokenizer tokenizer = CharacterTokenizer.FromText("ab\n");
        string known = string.Concat(Enumerable.Range(0, length).Select(i => i % 50 == 49 ? '\n' : i % 3 == 0 ? 'a' : 'b'));
        string path = folder.Write("text.txt", "é" + known + "é😀");
        int line = known.Count(letter => letter == '\n') + 1;

        string message = Assert.Throws<BadInputException>(() => tokenizer.EncodeFile(path)).Message;
        Assert.StartsWith($"[tokenizer] {path}: every character must be one of the 3 ", message, StringComparison.Ordinal);
        Assert.Contains($"'é' (U+00E9) 2 times, first in line 1; '😀' (U+1F600) once, first in line {line:N0} came", message, StringComparison.Ordinal);
        Assert.Equal(tokenizer.Encode(known), tokenizer.EncodeFile(path, UnknownCharacters.Skip));
        Assert.Equal(known, tokenizer.WithoutUnknown("é" + known + "é😀"));
    }

    [Fact]
    public void An_empty_text_has_no_vocabulary() => Assert.Throws<BadInputException>(() => CharacterTokenizer.FromText(""));

    [Fact]
    public void It_survives_its_file()
    {
        using TemporaryFolder folder = new();
        CharacterTokenizer tokenizer = CharacterTokenizer.FromText("the \"text\" \\ and é😀\n\t\u0001");
        string path = folder.Write("tokenizer.json", TokenizerFile.ToBytes(tokenizer));

        ITokenizer loaded = TokenizerFile.Load(path);

        Assert.IsType<CharacterTokenizer>(loaded);
        Assert.Equal(TokenizerFile.ToBytes(tokenizer), TokenizerFile.ToBytes(loaded));
        Assert.Equal(tokenizer.Encode("then é😀\n"), loaded.Encode("then é😀\n"));
    }

    [Theory]
    [InlineData("", "must be JSON")]
    [InlineData("[]", "it must be an object; a list of 0 came")]
    [InlineData("{}", "kind must be one of character, byte; it is missing")]
    [InlineData("{\"kind\": 3}", "kind must be one of character, byte; 3 came")]
    [InlineData("{\"kind\": \"bpe\"}", "\"bpe\" came")]
    [InlineData("{\"format\": \"other\", \"kind\": \"byte\"}", "format must be muonsharp; \"other\" came")]
    [InlineData("{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\"}}", "model.vocab must be an object; it is missing")]
    [InlineData("{\"kind\": \"character\"}", "characters must be text that is not empty")]
    [InlineData("{\"kind\": \"character\", \"characters\": \"\"}", "characters must be text that is not empty")]
    [InlineData("{\"kind\": \"character\", \"characters\": \"ba\"}", "must be sorted and distinct")]
    [InlineData("{\"kind\": \"character\", \"characters\": \"aab\"}", "must be sorted and distinct")]
    [InlineData("{\"kind\": \"character\", \"kind\": \"byte\"}", "each key may come once; kind comes twice")]
    public void A_broken_file_is_a_clear_error(string json, string expected)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("tokenizer.json", json);

        InvalidFileException error = Assert.Throws<InvalidFileException>(() => TokenizerFile.Load(path));

        Assert.StartsWith($"[tokenizer] {path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void The_embedded_corpus_has_the_77_characters_it_is_known_for()
    {
        string text = EmbeddedCorpus.Read();

        Assert.Equal(1_118_181, text.Length);
        Assert.Equal(77, CharacterTokenizer.FromText(text).VocabularySize);
    }

    [Fact]
    public void A_file_states_its_format_and_its_kind() =>
        Assert.Equal("""{"format":"muonsharp","kind":"character","characters":"ab"}""", JsonNode.Parse(TokenizerFile.ToBytes(CharacterTokenizer.FromText("ba")))!.ToJsonString());

    [Fact]
    public void A_file_of_before_there_was_a_format_is_read() =>
        Assert.Equal([1, 0], TokenizerFile.Parse("""{"kind": "character", "characters": "ab"}"""u8, "tokenizer.json").Encode("ba"));
}
