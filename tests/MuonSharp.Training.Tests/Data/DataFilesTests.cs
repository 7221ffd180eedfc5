using System.Security.Cryptography;
using System.Text;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Data;

/// <summary>Texts as people have them: several files, a folder, a pattern, a held-out file.</summary>
public sealed class DataFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_are_joined_in_their_order_with_a_line_end_between_texts_that_lack_it()
    {
        string one = _folder.Write("one.txt", "ends here"), two = _folder.Write("two.txt", "\uFEFFa line\n"), three = _folder.Write("three.txt", "é end");
        JoinedText joined = JoinedText.Read(new DataFiles(two, one, three));

        const string Expected = "a line\nends here\né end";
        Assert.Equal(Expected, joined.Text);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Expected))), joined.Sha256);
        Assert.Equal($"{two} and 2 more", joined.Source);
        Assert.Null(joined.Unrepeatable);
        Assert.Equal($"[data] {joined.Source}: a byte order mark at the beginning was left out", Assert.Single(joined.Notes));
    }

    [Fact]
    public void Of_a_folder_all_texts_are_taken_in_ordinal_order_and_what_was_left_out_is_said()
    {
        Tree();
        JoinedText joined = JoinedText.Read(_folder.File("texts"));

        Assert.Equal("B\na\ninner\nz\n", joined.Text);
        Assert.Equal(["B.txt", "a.md", "sub/inner.txt", "z.txt"], joined.Files.Paths.Select(path => Path.GetRelativePath(_folder.File("texts"), path).Replace('\\', '/')));
        Assert.Equal($"[data] {_folder.File("texts")}: 4 files taken, 3 left out: empty.txt (empty), image.png (no UTF-8 text), zeros.txt (no UTF-8 text)", Assert.Single(joined.Notes));
    }

    [Theory]
    [InlineData("*.txt", "B\nz\n")]
    [InlineData("?.*", "B\n", "a\n", "z\n")]
    [InlineData("**/*.txt", "B\ninner\nz\n")]
    [InlineData("sub/*", "inner\n")]
    [InlineData("s?b/i*r.txt", "inner\n")]
    public void A_pattern_means_the_files_that_it_fits(string pattern, params string[] parts)
    {
        Tree();
        File.Delete(_folder.File("texts/empty.txt"));
        File.Delete(_folder.File("texts/zeros.txt"));
        if (pattern == "?.*") Assert.Equal(3, FileSearch.Matching(Path.Combine(_folder.File("texts"), pattern)).Count);
        else Assert.Equal(string.Concat(parts), JoinedText.Read(Path.Combine(_folder.File("texts"), pattern)).Text);
    }

    [Fact]
    public void What_means_no_text_is_an_error_of_one_line()
    {
        Tree();
        Refused("texts/*.csv", "the pattern must mean a file; there is none of such a name");
        Refused("texts/*.png", "the text must be UTF-8; byte 0x89 came at offset 0; it looks like an image");
        Refused("none", "the file must exist; there is none");
        Directory.CreateDirectory(_folder.File("nothing"));
        Refused("nothing", "the folder must hold a UTF-8 text; no file came");

        void Refused(string path, string rule) => Assert.EndsWith(rule, Assert.Throws<BadInputException>(() => JoinedText.Read(_folder.File(path))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_line_ends_are_told_in_one_note_with_the_mark()
    {
        string path = _folder.Write("a.txt", "\uFEFF" + string.Concat(Enumerable.Repeat("a line\r\n", 1367)));
        string note = Assert.Single(JoinedText.Read(path).Notes);
        Assert.Equal($"[data] {path}: Windows line ends: 1,367 \\r are tokens that the model has to learn; tr -d '\\r' < FILE > unix.txt takes them out of a file; its byte order mark is no part of the text", note);
    }

    [Theory]
    [InlineData("a.txt", "a.txt")]
    [InlineData("[\"a.txt\", \"b c.txt\"]", "a.txt|b c.txt")]
    [InlineData("[notes].txt", "[notes].txt")]
    [InlineData("-", "-")]
    public void A_setting_is_a_path_or_a_list(string setting, string paths)
    {
        TrainingConfig config = new TrainingConfig().Set("data.file", setting);
        Assert.Equal(paths.Split('|'), config.Data.File!.Paths);

        // As text, as JSON and back.
        ConfigKey key = ConfigKeys.Find("data.file")!;
        Assert.Equal(config.Data.File, new TrainingConfig().Set("data.file", key.Text(config)).Data.File);
        string file = _folder.Write("c.json", config.ToJson().ToJsonString());
        Assert.Equal(config.Data.File, new TrainingConfigBuilder().UseDefaults().AddFile(file).Build().Data.File);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[\"\"]")]
    [InlineData("[1]")]
    [InlineData("")]
    public void A_list_without_a_path_is_refused(string setting) => Assert.Contains(
        "data.file must be a path, a list of paths, or null", Assert.Throws<ConfigurationException>(() => new TrainingConfig().Set("data.file", setting)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_held_out_text_of_its_own_takes_the_place_of_the_end_and_its_characters_are_known()
    {
        TrainingConfig config = new()
        {
            Model = new() { Context = 8 },
            Data = new() { File = _folder.Write("train.txt", "abcabcabcabcabc"), ValidationFile = _folder.Write("valid.txt", "abcd") },
        };
        TextData data = TextData.Load(config);

        Assert.Equal((15L, 4L), (data.Training.Length, data.Validation.Length));
        Assert.Equal(4, data.Tokenizer.VocabularySize);
        int[] tokens = new int[4];
        data.Validation.Read(0, tokens);
        Assert.Equal([0, 1, 2, 3], tokens);
        Assert.NotEqual(data.Sha256, TextData.Load(config with { Data = config.Data with { ValidationFile = _folder.Write("other.txt", "abca") } }).Sha256);

        string message = Assert.Throws<BadInputException>(() => TextData.Load(config, CharacterTokenizer.FromText("abc"))).Message;
        Assert.Contains($"{_folder.File("valid.txt")}: every character must be one of the 3 of the training text; 'd' (U+0064) once", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_on_a_folder_records_its_files_and_goes_on_when_others_have_come()
    {
        Directory.CreateDirectory(_folder.File("texts"));
        File.WriteAllText(_folder.File("texts/a.txt"), TestRun.Text[..6000]);
        File.WriteAllText(_folder.File("texts/b.txt"), TestRun.Text[6000..]);
        string held = _folder.Write("held.txt", TestRun.Text[..800]);
        TrainingConfig config = TestRun.Config(_folder, steps: 6);
        config = config with { Data = config.Data with { File = _folder.File("texts"), ValidationFile = held } };
        using (Trainer trainer = Trainer.Create(config, _folder.File("run")))
        {
            Assert.Contains(trainer.Description.Advice, advice => advice.EndsWith(": 2 files taken", StringComparison.Ordinal));
            await TestRun.RunUntil(trainer, 3);
        }

        File.WriteAllText(_folder.File("texts/c.txt"), "something else");
        RunFolder run = new(_folder.File("run"));
        Assert.Equal([_folder.File("texts/a.txt"), _folder.File("texts/b.txt")], run.ReadConfig().Data.File!.Paths);
        using (Trainer trainer = Trainer.Resume(run.Path)) await TestRun.Run(trainer);
        using Evaluator evaluator = Evaluator.FromRun(run.Path, 1);
        EvaluationResult result = evaluator.EvaluateValidation();
        Assert.Equal(799, result.Tokens);
        Assert.Equal(result, evaluator.EvaluateFile(held));

        // Another held-out text is another run.
        File.AppendAllText(held, "a");
        Assert.Throws<BadInputException>(() => Trainer.Resume(run.Path, run.ReadConfig().Set("train.steps", "8")));
    }

    private void Tree()
    {
        Directory.CreateDirectory(_folder.File("texts/sub"));
        Directory.CreateDirectory(_folder.File("texts/.hidden"));
        _folder.Write("texts/z.txt", "z\n");
        _folder.Write("texts/B.txt", "B\n");
        _folder.Write("texts/a.md", "a");
        _folder.Write("texts/sub/inner.txt", "inner\n");
        _folder.Write("texts/empty.txt", "");
        _folder.Write("texts/zeros.txt", "a\0b");
        _folder.Write("texts/image.png", [0x89, (byte)'P', (byte)'N', (byte)'G', 0, 1]);
        _folder.Write("texts/.secret", "not this");
        _folder.Write("texts/.hidden/a.txt", "nor this");
    }
}
