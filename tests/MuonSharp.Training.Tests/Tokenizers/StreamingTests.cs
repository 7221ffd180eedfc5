using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Training.Tests.Tokenizers;

/// <summary>Texts that are read and written a part at a time.</summary>
public class StreamingTests
{
    private static readonly string s_text = string.Concat(Enumerable.Range(0, 30_000).Select(i => (i % 7) switch { 0 => "\u00e9", 1 => "\ud83d\ude00", 2 => "\u20ac", _ => ((char)('a' + (i % 23))).ToString() }));

    public static TheoryData<string> Kinds { get; } = [.. TokenizerKinds.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_that_is_read_in_parts_has_the_tokens_of_its_text(string kind)
    {
        using TemporaryFolder folder = new();
        ITokenizer tokenizer = TokenizerKinds.Create(kind, s_text);
        for (int first = 0; first < 4; first++)
        {
            string text = s_text[first..].TrimStart('\ude00');
            Assert.Equal(tokenizer.Encode(text), tokenizer.EncodeFile(folder.Write("text.txt", "\ufeff" + text)));
        }
    }

    [Fact]
    public void A_tokenizer_is_given_its_text_where_it_may_be_cut_and_as_a_whole_where_it_says_nothing()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("text.txt", string.Concat(Enumerable.Range(0, 20_000).Select(i => $"word{i} ")));
        Words cut = new(cuts: true), whole = new(cuts: false);
        Assert.Equal(20_000, cut.EncodeFile(path).Length);
        Assert.Equal(20_000, whole.EncodeFile(path).Length);
        Assert.InRange(cut.Calls, 3, 10);
        Assert.Equal(2, whole.Calls - whole.Empty + 1);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("ok \u00ff\u00fe", "byte 0xFF came at offset 3")]
    public void What_is_no_text_is_said_as_for_a_whole_file(string latin, string words)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("text.txt", Encoding.Latin1.GetBytes(latin));
        string whole = Assert.Throws<BadInputException>(() => TextFile.Read(path)).Message;
        Assert.Contains(words, whole, StringComparison.Ordinal);
        Assert.Equal(whole, Assert.Throws<BadInputException>(() => new ByteTokenizer().EncodeFile(path)).Message);
    }

    [Theory]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(200_001)]
    public void A_bad_byte_is_found_where_it_is_and_a_text_that_ends_within_a_character_too(int place)
    {
        using TemporaryFolder folder = new();
        byte[] bytes = [.. Enumerable.Repeat((byte)'a', place), 0xE2, 0x82];
        string path = folder.Write("text.txt", bytes);
        Assert.Equal(Assert.Throws<BadInputException>(() => TextFile.Read(path)).Message, Assert.Throws<BadInputException>(() => new ByteTokenizer().EncodeFile(path)).Message);
        Assert.Contains($"at offset {place}", Assert.Throws<BadInputException>(() => new ByteTokenizer().EncodeFile(path)).Message, StringComparison.Ordinal);
        Assert.Contains("there is none", Assert.Throws<BadInputException>(() => new ByteTokenizer().EncodeFile(folder.File("missing"))).Message, StringComparison.Ordinal);
        Assert.Contains("a directory came", Assert.Throws<BadInputException>(() => new ByteTokenizer().EncodeFile(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoder_hands_out_what_nothing_can_change_any_more()
    {
        TokenDecoder decoder = new ByteTokenizer().NewDecoder();
        Assert.Equal(["", "\u00e9", "a", "", "", "\u20ac", ""], new[] { 0xC3, 0xA9, 0x61, 0xE2, 0x82, 0xAC, 0xF0 }.Select(decoder.Add));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("b", decoder.Add(0x62));
    }

    [Fact]
    public void Bytes_are_those_of_the_tokens_one_by_one_unless_a_tokenizer_knows_better()
    {
        ITokenizer words = new Words(cuts: true);
        int[] tokens = words.Encode("one \u00e9\u00e9 ");
        Assert.Equal(4 + 5, words.CountBytes(tokens));
        Assert.Equal(words.CountBytes(tokens), tokens.Sum(token => words.CountBytes([token])));
    }

    /// <summary>Words with the blank behind them, in the order in which they come.</summary>
    private sealed class Words(bool cuts) : ITokenizer
    {
        private readonly List<string> _words = [];
        private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);

        public int Calls { get; private set; }

        public int Empty { get; private set; }

        public string Kind => "words";

        public int VocabularySize => _words.Count;

        public void Encode(ReadOnlySpan<char> text, List<int> tokens)
        {
            (Calls, Empty) = (Calls + 1, Empty + (text.IsEmpty ? 1 : 0));
            foreach (string word in text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (_tokens.TryAdd(word, _words.Count)) _words.Add(word + " ");
                tokens.Add(_tokens[word]);
            }
        }

        public int CutOf(ReadOnlySpan<char> text) => cuts ? text.LastIndexOf(' ') + 1 : 0;

        public TokenDecoder NewDecoder() => TokenDecoder.OfText(token => _words[token]);

        public JsonObject ToJson() => [];
    }
}
