using System.Security.Cryptography;
using System.Text;
using MuonSharp.Formats;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Data;

/// <summary>A text that is larger than a limit is encoded along the way, into shards beside it: tokens, hash and run are those of the text in memory.</summary>
public sealed class EncodedTextTests : IDisposable
{
    private const int Small = 1000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("character", false)]
    [InlineData("byte", true)]
    [InlineData("gpt2", false)]
    public void Tokens_and_hash_are_those_of_the_text_in_memory(string tokenizer, bool heldOut)
    {
        TrainingConfig config = Config(tokenizer, heldOut);
        TextData inMemory = TextData.Load(config), encoded = TextData.Load(Streamed(config)), again = TextData.Load(Streamed(config), encoded.Tokenizer);
        string joined = string.Concat(File.ReadAllText(_folder.File("texts/a.txt")), "\n", File.ReadAllText(_folder.File("texts/b.txt")));
        Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(joined))), encoded.Sha256, StringComparison.Ordinal);
        Assert.Equal(inMemory.Sha256, encoded.Sha256);
        Assert.Equal(inMemory.Source, encoded.Source);
        Assert.Equal(inMemory.Files, encoded.Files);
        Assert.Equal(TokenizerFile.ToBytes(inMemory.Tokenizer), TokenizerFile.ToBytes(encoded.Tokenizer));
        foreach (TextData data in new[] { encoded, again })
        {
            Assert.Equal(All(inMemory.Training), All(data.Training));
            Assert.Equal(All(inMemory.Validation), All(data.Validation));
        }

        Assert.Contains(encoded.Notes, note => note.Contains("2 files taken, 1 left out: c.dat (no UTF-8 text)", StringComparison.Ordinal));
        Assert.Contains(encoded.Notes, note => note.Contains("more than data.largestInMemory: encoded once, into ", StringComparison.Ordinal));
        Assert.Contains(again.Notes, note => note.Contains("more than data.largestInMemory: its tokens are in ", StringComparison.Ordinal));
        Assert.Contains(again.Notes, note => note.Contains("Windows line ends: 1 \\r", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_has_the_bits_of_one_in_memory_and_either_goes_on_as_the_other()
    {
        TrainingConfig config = TestRun.Config(_folder, steps: 6);
        string plain = _folder.File("plain"), streamed = _folder.File("streamed");
        using (Trainer trainer = Trainer.Create(config, plain)) await TestRun.Run(trainer);
        using (Trainer trainer = Trainer.Create(Streamed(config), streamed)) await TestRun.RunUntil(trainer, 3);
        using Trainer whole = Trainer.Resume(plain), resumed = Trainer.Resume(streamed, config);
        Assert.Equal(3, resumed.Step);
        await TestRun.Run(resumed);
        Assert.Equal(TestRun.Bits(whole), TestRun.Bits(resumed));
        using (Evaluator evaluator = Evaluator.FromRun(streamed, threads: 1)) Assert.Equal(Evaluator.FromRun(plain, threads: 1).EvaluateValidation(), evaluator.EvaluateValidation());
    }

    [Fact]
    public void A_text_that_changed_is_encoded_anew()
    {
        TrainingConfig config = Config("byte", heldOut: false);
        string first = TextData.Load(Streamed(config)).Sha256;
        string path = _folder.File("texts/b.txt");
        File.AppendAllText(path, "more");
        TextData changed = TextData.Load(Streamed(config));
        Assert.NotEqual(first, changed.Sha256);
        Assert.Equal(TextData.Load(config).Sha256, changed.Sha256);
        Assert.Equal((int)'e', All(changed.Validation)[^1]);

        // As long as before, and written later.
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] = (byte)'y';
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddMinutes(1));
        Assert.Equal((int)'y', All(TextData.Load(Streamed(config)).Validation)[^1]);
    }

    [Fact]
    public void What_is_wrong_is_said_in_one_line_and_nothing_is_left()
    {
        string path = _folder.Write("broken.txt", [.. Encoding.UTF8.GetBytes(new string('a', 3 * Small)), 0xff, (byte)'b']);
        TrainingConfig config = new() { Data = new() { File = path, LargestInMemory = Small, Tokenizer = "byte" } };
        Assert.Contains($"[data] {path}: the text must be UTF-8; byte 0xFF came at offset 3000", Assert.Throws<BadInputException>(() => TextData.Load(config)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File(".muonsharp")));

        string strange = _folder.Write("strange.txt", new string('a', 3 * Small) + "\u00e9");
        BadInputException unknown = Assert.Throws<BadInputException>(() => TextData.Load(config with { Data = config.Data with { File = strange } }, CharacterTokenizer.FromText("ab")));
        Assert.Contains("\u00e9", unknown.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File(".muonsharp")));
    }

    [Fact]
    public void A_folder_of_shards_among_other_texts_is_refused()
    {
        string shards = _folder.File("shards"), text = _folder.Write("text.txt", TestRun.Text);
        TokenSharding.Write(new DataFiles(text), new ByteTokenizer(), shards, 100_000);
        BadInputException among = Assert.Throws<BadInputException>(() => TextData.Load(new() { Data = new() { File = new DataFiles(text, shards) } }));
        Assert.Equal($"[data] {shards}: a folder of shards must be the only text to train on; 2 came", among.Message);
        BadInputException heldOut = Assert.Throws<BadInputException>(() => TextData.Load(new() { Data = new() { File = text, ValidationFile = shards } }));
        Assert.Equal($"[data] {shards}: the text that is held out must be no folder of shards; those held out lie beside the others, with 'val' in their names", heldOut.Message);
    }

    /// <summary>A folder with two texts, of which the first has a byte order mark and no line end, and a file that is no text.</summary>
    private TrainingConfig Config(string tokenizer, bool heldOut)
    {
        Directory.CreateDirectory(_folder.File("texts"));
        File.WriteAllText(_folder.File("texts/a.txt"), TestRun.Text[..5000] + " na\u00efve \U0001F600", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        File.WriteAllText(_folder.File("texts/b.txt"), "\u6f22\u5b57\r\n" + TestRun.Text[5000..]);
        File.WriteAllBytes(_folder.File("texts/c.dat"), [0xff, 0, 1]);
        return new()
        {
            Model = new() { Context = 16 },
            Data = new() { File = _folder.File("texts"), Tokenizer = tokenizer, ValidationFile = heldOut ? _folder.Write("other.txt", TestRun.Text[..3000]) : null },
        };
    }

    private static TrainingConfig Streamed(TrainingConfig config) => config with { Data = config.Data with { LargestInMemory = Small } };

    private static int[] All(ITokenSource tokens)
    {
        int[] all = new int[tokens.Length];
        tokens.Read(0, all);
        return all;
    }
}
