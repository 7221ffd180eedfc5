using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Generation;

public class TextGeneratorTests
{
    [Fact]
    public async Task Text_depends_on_the_seed_and_streams_character_by_character()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await Generator(folder, "character");
        GenerationOptions options = new() { Tokens = 40, Seed = 5 };

        string[] pieces = [.. generator.Generate("It is", options)];

        Assert.Equal(40, pieces.Length);
        Assert.All(pieces, piece => Assert.Equal(1, piece.Length));
        Assert.Equal(pieces, generator.Generate("It is", options));
        Assert.NotEqual(pieces, generator.Generate("It is", options with { Seed = 6 }));
        Assert.NotEqual(pieces, generator.Generate("She was", options));
        Assert.Empty(generator.Generate("It is", options with { Tokens = 0 }));
    }

    [Fact]
    public async Task Several_prompts_are_continued_at_once_and_the_first_as_if_it_were_alone()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await Generator(folder, "character");
        GenerationOptions options = new() { Tokens = 150, Temperature = 1.5 };
        string[] prompts = ["It is a truth", "She", "It is a truth"];

        GeneratedText[] pieces = [.. generator.Generate(prompts, options)];

        string[] texts = [.. Enumerable.Range(0, 3).Select(i => string.Concat(pieces.Where(piece => piece.Prompt == i).Select(piece => piece.Text)))];
        Assert.All(texts, text => Assert.Equal(150, text.Length));
        Assert.Equal(string.Concat(generator.Generate(prompts[0], options)), texts[0]);
        Assert.NotEqual(texts[0], texts[2]);
        Assert.Equal([0, 1, 2], pieces.Where(piece => piece.End == GenerationEnd.Length).Select(piece => piece.Prompt));
        GenerationOptions greedy = options with { Temperature = 0 };
        Assert.All(
            prompts.Index(), prompt => Assert.Equal(
                string.Concat(generator.Generate(prompt.Item, greedy)), string.Concat(generator.Generate(prompts, greedy).Where(piece => piece.Prompt == prompt.Index).Select(piece => piece.Text))));
    }

    [Fact]
    public async Task Each_text_ends_at_its_own_stop_text_and_the_others_go_on()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await Generator(folder, "character");
        GenerationOptions options = new() { Tokens = 60, Temperature = 2 };
        string[] prompts = ["It is", "She"];
        string[] free = Texts(generator.Generate(prompts, options));
        string stop = free[0][20..22];

        GeneratedText[] pieces = [.. generator.Generate(prompts, options with { Stop = [stop] })];

        Assert.Equal(free.Select(text => text.Split(stop)[0]), Texts(pieces));
        Assert.Equal(GenerationEnd.Stop, Assert.Single(pieces, piece => piece.Prompt == 0 && piece.End is not null).End);
        Assert.True(generator.Statistics.Tokens < 120);

        static string[] Texts(IEnumerable<GeneratedText> pieces) =>
            [.. pieces.GroupBy(piece => piece.Prompt).OrderBy(text => text.Key).Select(text => string.Concat(text.Select(piece => piece.Text)))];
    }

    [Fact]
    public async Task Asynchronously_it_gives_the_same_text_and_stops_when_it_is_asked_to()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await Generator(folder, "character");
        GenerationOptions options = new() { Tokens = 40, Seed = 5 };
        List<string> pieces = [];
        await foreach (string piece in generator.GenerateAsync("It is", options, TestContext.Current.CancellationToken)) pieces.Add(piece);
        Assert.Equal(generator.Generate("It is", options), pieces);
        Assert.Equal((5, 40), (generator.Statistics.PromptTokens, generator.Statistics.Tokens));

        using CancellationTokenSource source = new();
        int count = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in generator.GenerateAsync("It is", options with { Tokens = int.MaxValue }, source.Token))
            {
                if (++count == 10) await source.CancelAsync();
            }
        });
        Assert.Equal(10, count);
        Assert.Equal(pieces, generator.Generate("It is", options));
    }

    [Fact]
    public void A_generator_takes_any_model_with_a_tokenizer_that_fits()
    {
        using WorkerTeam team = new(1);
        using LanguageModel model = new(new() { Vocabulary = 256, Layers = 1, Heads = 2, Width = 16, Context = 24 }, 3, team, gradients: false);
        using TextGenerator generator = new(model, new ByteTokenizer());
        Assert.Null(generator.Step);
        Assert.NotEmpty(string.Concat(generator.Generate("any", new() { Tokens = 60 })));
        Assert.Equal(60, generator.Statistics.Tokens);
        Assert.True(generator.Statistics is { TokensPerSecond: > 0, PromptTokensPerSecond: > 0 });
        using LanguageModel small = new(model.Config with { Vocabulary = 255 }, 3, team, gradients: false);
        Assert.Contains("255 of 256", Assert.Throws<ArgumentException>(() => new TextGenerator(small, new ByteTokenizer())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_writes_past_the_context_and_takes_prompts_longer_than_it()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await Generator(folder, "character");

        Assert.Equal(250, string.Concat(generator.Generate("", new() { Tokens = 250 })).Length);
        string longPrompt = TestRun.Text[..500];
        Assert.Equal(
            string.Concat(generator.Generate(longPrompt, new() { Tokens = 20 })),
            string.Concat(generator.Generate(longPrompt[^96..], new() { Tokens = 20 })));
    }

    [Fact]
    public async Task A_character_that_the_run_does_not_know_is_named_before_anything_is_drawn()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await Generator(folder, "character");

        Assert.Contains("'Ω' (U+03A9)", Assert.Throws<BadInputException>(() => generator.Generate("Ω")).Message, StringComparison.Ordinal);
        Assert.Throws<ConfigurationException>(() => generator.Generate("It", new() { TopP = 2 }));
    }

    [Fact]
    public async Task Bytes_are_joined_to_characters()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await Generator(folder, "byte");

        string text = string.Concat(generator.Generate("Ω é", new() { Tokens = 60, Temperature = 5 }));

        Assert.NotEmpty(text);
    }

    [Fact]
    public void Pieces_come_when_their_characters_are_complete()
    {
        ByteTokenizer tokenizer = new();
        int[] tokens = [.. tokenizer.Encode("aé😀"), 0xC3, .. tokenizer.Encode("b"), 0xE2];

        Assert.Equal(["a", "é", "😀", "\uFFFDb", "\uFFFD"], TextPieces.Of(tokenizer, tokens));
    }

    [Fact]
    public void Without_temperature_it_takes_the_token_that_a_whole_forward_pass_prefers()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.Config(folder));
        LanguageModel model = TestRun.Language(trainer).Model;
        List<int> history = [.. TestRun.Language(trainer).Tokenizer!.Encode("It is a truth")];

        int[] drawn = [.. new TokenStream(model, model.Config.Vocabulary).Continue(history, new() { Tokens = 30, Temperature = 0 }, occasion: 0)];

        foreach (int token in drawn)
        {
            LanguageProgram program = model.Program(1, history.Count, training: false);
            history.ToArray().CopyTo(program.Inputs);
            program.Targets.Fill(-1);
            program.Forward();
            float[] logits = new float[model.Config.Vocabulary];
            program.Logits(0, history.Count - 1, logits);
            Assert.Equal(Array.IndexOf(logits, logits.Max()), token);
            history.Add(token);
        }
    }

    [Fact]
    public void Tokens_that_the_model_knows_and_the_tokenizer_does_not_are_never_drawn()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 1).Set("model.vocabulary", "3000"));
        LanguageModel model = TestRun.Language(trainer).Model;
        int known = TestRun.Language(trainer).Tokenizer!.VocabularySize;

        Assert.Equal(3000, model.Config.Vocabulary);
        int[] drawn = [.. new TokenStream(model, known).Continue([0], new() { Tokens = 60, Temperature = 50 }, occasion: 0)];
        Assert.All(drawn, token => Assert.InRange(token, 0, known - 1));
    }

    [Fact]
    public async Task A_run_with_a_vocabulary_of_its_own_trains_samples_and_generates()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 6).Set("model.vocabulary", "300");
        using (Trainer trainer = Trainer.Create(config, folder.File("run")))
        {
            List<TrainingEvent> events = await TestRun.Run(trainer);
            Assert.True(events.OfType<StepEvent>().Last().Metrics.Loss < events.OfType<StepEvent>().First().Metrics.Loss);
        }

        using TextGenerator generator = TextGenerator.FromRun(folder.File("run"), threads: 1);
        Assert.NotEmpty(string.Concat(generator.Generate("It is", new() { Tokens = 20 })));
    }

    [Fact]
    public async Task A_tokenizer_that_was_changed_by_one_character_is_refused_by_all_who_use_it()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("run");
        using (TextGenerator generator = await Generator(folder, "character"))
        {
            Assert.NotEmpty(string.Concat(generator.Generate("It is", new() { Tokens = 5 })));
        }

        string path = new RunFolder(run).TokenizerPath;
        string text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("z", "{", StringComparison.Ordinal));
        Assert.NotEqual(text, File.ReadAllText(path));
        Action[] users = [() => TextGenerator.FromRun(run, threads: 1).Dispose(), () => Evaluator.FromRun(run, threads: 1).Dispose(), () => Trainer.Resume(run).Dispose()];
        foreach (Action use in users)
        {
            InvalidFileException error = Assert.Throws<InvalidFileException>(use);
            Assert.Equal($"[checkpoint] {path}: it must be the file that step-00000002 was written with, as state.json says; another one came", error.Message);
        }

        File.WriteAllText(path, text);
        Evaluator.FromRun(run, threads: 1).Dispose();
    }

    [Fact]
    public void A_vocabulary_smaller_than_the_tokenizer_s_is_refused()
    {
        using TemporaryFolder folder = new();
        BadInputException error = Assert.Throws<BadInputException>(() => Trainer.Create(TestRun.Config(folder).Set("model.vocabulary", "5")));
        Assert.StartsWith("[model] model.vocabulary must be null or at least the ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("of the character tokenizer; 5 came", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_ends_at_the_token_that_ends_every_text()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.Config(folder));
        LanguageModel model = TestRun.Language(trainer).Model;
        int known = TestRun.Language(trainer).Tokenizer!.VocabularySize;
        GenerationOptions options = new() { Tokens = 30, Temperature = 5 };
        int[] endless = [.. new TokenStream(model, known).Continue([0], options, occasion: 0)];
        int end = endless[20];
        Assert.Equal(endless.TakeWhile(token => token != end), new TokenStream(model, known, [end]).Continue([0], options, occasion: 0));
    }

    [Fact]
    public void A_prompt_starts_with_the_token_that_begins_every_text()
    {
        Marked tokenizer = new();
        Assert.Equal([256, (int)'a'], TextPieces.Prompt(tokenizer, "a"));
        Assert.Equal([256], TextPieces.Prompt(tokenizer, ""));
        Assert.Equal("a", tokenizer.Decode([256, 'a', 257]));
        Assert.Equal(1, ((ITokenizer)tokenizer).CountBytes([256, 'a', 257]));
    }

    [Fact]
    public void An_empty_prompt_is_a_line_break_or_the_first_token()
    {
        Assert.Equal([1], TextPieces.Prompt(CharacterTokenizer.FromText("\tb\n"), ""));
        Assert.Equal([0], TextPieces.Prompt(CharacterTokenizer.FromText("ab"), ""));
        Assert.Equal([10], TextPieces.Prompt(new ByteTokenizer(), ""));
    }

    /// <summary>Bytes, a token that begins a text and one that ends it.</summary>
    private sealed class Marked : ITokenizer
    {
        private readonly ByteTokenizer _bytes = new();

        public string Kind => "marked";

        public int VocabularySize => 258;

        public SpecialTokens SpecialTokens => new() { Begin = 256, EndOfText = 257 };

        public void Encode(ReadOnlySpan<char> text, List<int> tokens) => _bytes.Encode(text, tokens);

        public TokenDecoder NewDecoder() => TokenDecoder.OfBytes(token => token < 256 ? new[] { (byte)token } : default);

        public System.Text.Json.Nodes.JsonObject ToJson() => [];
    }

    internal static async Task<TextGenerator> Generator(TemporaryFolder folder, string tokenizer)
    {
        using (Trainer trainer = Trainer.Create(TestRun.OnlySteps(folder, steps: 2).Set("data.tokenizer", tokenizer), folder.File("run")))
        {
            await TestRun.Run(trainer);
        }

        return TextGenerator.FromRun(folder.File("run"), threads: 1);
    }
}
