using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Evaluation;

public class EvaluatorTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(96)]
    [InlineData(97)]
    [InlineData(98)]
    [InlineData(96 * 5)]
    [InlineData(96 * 5 + 1)]
    [InlineData(96 * 6 + 40)]
    public void Every_token_but_the_first_is_predicted_once_in_windows_of_the_context(int length)
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.Config(folder));
        int[] tokens = new int[length];
        TestRun.Language(trainer).Training.Read(0, tokens);
        LanguageModel model = TestRun.Language(trainer).Model;

        double sum = 0;
        for (int start = 0; start < length - 1; start += 96)
        {
            int time = Math.Min(96, length - 1 - start);
            LanguageProgram program = model.Program(1, time, training: false);
            tokens.AsSpan(start, time).CopyTo(program.Inputs);
            tokens.AsSpan(start + 1, time).CopyTo(program.Targets);
            sum += program.Forward() * time;
        }

        foreach (int batch in new[] { 1, 2, 4, 100 })
        {
            EvaluationResult result = new HeldOutLoss(model, TestRun.Language(trainer).Tokenizer, new MemoryTokens(tokens), batch).Measure();
            Assert.Equal((length - 1, length - 1), (result.Tokens, result.Bytes));
            Assert.Equal(sum / (length - 1), result.Loss, 1e-6);
        }
    }

    [Fact]
    public async Task A_run_folder_gives_the_loss_that_the_run_reported()
    {
        using TemporaryFolder folder = new();
        Training.Evaluation reported;
        using (Trainer trainer = Trainer.Create(TestRun.Config(folder, steps: 4), folder.File("run")))
        {
            reported = ((EndEvent)(await TestRun.Run(trainer))[^1]).Validation!;
        }

        using Evaluator evaluator = Evaluator.FromRun(folder.File("run"), threads: 1);

        Assert.Equal(4, evaluator.Step);
        Assert.Empty(evaluator.Notices);
        Assert.Equal(reported.Numbers, evaluator.EvaluateValidation().ToEvaluation().Numbers);
        Assert.Equal(reported.Numbers, evaluator.EvaluateFile(folder.Write("end.txt", TestRun.Text[10_800..])).ToEvaluation().Numbers);
        Assert.Throws<BadInputException>(() => evaluator.EvaluateFile(folder.Write("one.txt", TestRun.Text[..1])));
        Assert.Throws<BadInputException>(() => evaluator.EvaluateFile(folder.Write("other.txt", "ΩΩΩ")));
        folder.Write("text.txt", TestRun.Text + "a");
        Assert.Throws<BadInputException>(evaluator.EvaluateValidation);
    }

    [Fact]
    public void Bits_per_byte_count_the_bytes_of_the_text() =>
        Assert.Equal(2.0 / 3, new EvaluationResult(Math.Log(2) * 2, Tokens: 10, Bytes: 30).BitsPerByte, 1e-12);

    [Fact]
    public async Task A_folder_without_a_run_or_a_checkpoint_is_a_clear_error()
    {
        using TemporaryFolder folder = new();
        Assert.Throws<InvalidFileException>(() => Evaluator.FromRun(folder.Path));
        using (Trainer trainer = Trainer.Create(TestRun.Config(folder), folder.File("run")))
        {
            await foreach (TrainingEvent happened in trainer.RunAsync())
            {
                break;
            }
        }

        Assert.Equal(
            $"[run] {folder.File("run")}: a checkpoint is needed; the run has written none yet",
            Assert.Throws<BadInputException>(() => Evaluator.FromRun(folder.File("run"))).Message);
        File.WriteAllText(Path.Combine(folder.File("run"), "config.json"), """{"model": {"layers": 0}}""");
        Assert.Throws<BadInputException>(() => Evaluator.FromRun(folder.File("run")));
    }
}
