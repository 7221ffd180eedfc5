using System.Security.Cryptography;
using System.Text;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Trainers;

public class ResumeTests
{
    [Fact]
    public async Task A_run_whose_tokenizer_file_an_earlier_version_wrote_goes_on_and_keeps_it()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("run");
        TrainingConfig config = TestRun.Config(folder, steps: 6);
        using (Trainer trainer = Trainer.Create(config, run))
        {
            await TestRun.RunUntil(trainer, 3);
            string path = new RunFolder(run).TokenizerPath;
            byte[] old = Encoding.UTF8.GetBytes(File.ReadAllText(path).Replace("  \"format\": \"muonsharp\",\n", "", StringComparison.Ordinal));
            Assert.True(old.Length < new FileInfo(path).Length);
            File.WriteAllBytes(path, old);
            CheckpointStore store = new(Path.Combine(run, "checkpoints"));
            using LoadedCheckpoint written = store.LoadLatest(out _)!;
            store.Save(3, new CheckpointContents
            {
                Model = WeightFile.Tensors(trainer.Parameters),
                Optimizer = OptimizerState.Tensors(trainer.Parts.StateTensors),
                State = written.State.ToNode()!.AsObject(),
                RunFiles = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [TokenizerFile.Name] = old },
            }, keep: 2);
        }

        using (Trainer trainer = Trainer.Resume(run)) await TestRun.Run(trainer);
        using Evaluator evaluator = Evaluator.FromRun(run, threads: 1);
        Assert.Equal(6, evaluator.Step);
        Assert.DoesNotContain("format", File.ReadAllText(new RunFolder(run).TokenizerPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finished_run_says_so_and_changes_nothing()
    {
        using TemporaryFolder folder = new();
        await Train(TestRun.Config(folder, steps: 4), folder.File("run"));
        List<string> metrics = TestRun.Metrics(folder.File("run"));

        using Trainer again = Trainer.Resume(folder.File("run"));
        EndEvent end = Assert.IsType<EndEvent>(Assert.Single(await TestRun.Run(again)));

        Assert.Equal((TrainingOutcome.AlreadyFinished, 4), (end.Outcome, end.Step));
        Assert.NotNull(end.Validation);
        Assert.Equal(metrics, TestRun.Metrics(folder.File("run")));
    }

    [Fact]
    public async Task A_finished_run_can_be_extended()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 4);
        await Train(config, folder.File("run"));

        using Trainer longer = Trainer.Resume(folder.File("run"), TrainingConfig.Load(new RunFolder(folder.File("run")).ConfigPath).Set("train.steps", "6"));
        List<TrainingEvent> events = await TestRun.Run(longer);

        Assert.Equal([5, 6], events.OfType<StepEvent>().Select(step => step.Step));

        // Warm-up over 3 steps; the decay over the second half of 4 steps ended at 0.01 / 2, that of 6 begins after step 3, a third done at step 5.
        Assert.Equal(
            "[resume] the run has 6 steps now instead of 4, and its learning rates follow the new length from here on: muon 0.005 in step 4, 0.006667 in step 5; "
            + "adamw 0.0015 in step 4, 0.002 in step 5",
            Assert.Single(events.OfType<NoticeEvent>()).Message);
        Assert.Equal(6, TrainingConfig.Load(new RunFolder(folder.File("run")).ConfigPath).Train.Steps);
    }

    [Fact]
    public async Task A_checkpoint_of_a_version_with_other_bits_is_resumed_with_a_remark()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder.File("run"));
        await Train(TestRun.Config(folder, steps: 4), run.Path);
        string checkpoint = Path.Combine(run.CheckpointsPath, "step-00000004");
        WithoutRevision(Path.Combine(checkpoint, "state.json"));

        using Trainer longer = Trainer.Resume(run.Path, TrainingConfig.Load(run.ConfigPath).Set("train.steps", "5"));
        NoticeEvent notice = (await TestRun.Run(longer)).OfType<NoticeEvent>().First();

        Assert.Equal(
            $"[resume] {checkpoint}: the checkpoint is of a version whose results have other bits (revision 1, this one 2); "
            + "the run goes on, but not to the bits of one that never stopped",
            notice.Message);
    }

    [Fact]
    public async Task Fewer_steps_than_are_done_are_refused_and_nothing_is_written()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder.File("run"));
        await Train(TestRun.Config(folder, steps: 4), run.Path);
        string config = File.ReadAllText(run.ConfigPath), metrics = File.ReadAllText(run.MetricsPath);

        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => Trainer.Resume(run.Path, TrainingConfig.Load(run.ConfigPath).Set("train.steps", "3")));

        Assert.Equal("[resume] train.steps must be at least the 4 steps that the run has done; 3 came", Assert.Single(error.Problems));
        Assert.Equal(config, File.ReadAllText(run.ConfigPath));
        Assert.Equal(metrics, File.ReadAllText(run.MetricsPath));
    }

    [Fact]
    public async Task Before_the_first_checkpoint_it_starts_over_and_says_so()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 5).Set("checkpoint.every", "100");
        string expected;
        using (Trainer whole = Trainer.Create(config, folder.File("whole")))
        {
            await TestRun.Run(whole);
            expected = TestRun.Bits(whole);
        }

        using (Trainer lost = Trainer.Create(config, folder.File("run")))
        {
            await foreach (TrainingEvent happened in lost.RunAsync())
            {
                if (happened.Step == 2)
                {
                    break;
                }
            }
        }

        using Trainer again = Trainer.Resume(folder.File("run"));
        List<TrainingEvent> events = await TestRun.Run(again);

        Assert.Equal(
            $"[resume] {folder.File("run")}: the run has no checkpoint yet; it starts over", Assert.IsType<NoticeEvent>(events[0]).Message);
        Assert.Equal(expected, TestRun.Bits(again));
        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("run")));
    }

    [Fact]
    public async Task A_flipped_bit_in_the_newest_checkpoint_falls_back_to_the_one_before_and_says_so()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder);
        string expected;
        using (Trainer whole = Trainer.Create(config, folder.File("whole")))
        {
            await TestRun.Run(whole);
            expected = TestRun.Bits(whole);
        }

        using (Trainer part = Trainer.Create(config, folder.File("run")))
        {
            await TestRun.RunUntil(part, 6);
        }

        string file = Path.Combine(folder.File("run"), "checkpoints", "step-00000006", "model.safetensors");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^100] ^= 4;
        File.WriteAllBytes(file, bytes);

        using Trainer resumed = Trainer.Resume(folder.File("run"));
        Assert.Equal(4, resumed.Step);
        List<TrainingEvent> events = await TestRun.Run(resumed);

        string notice = Assert.IsType<NoticeEvent>(events[0]).Message;
        Assert.Contains("step-00000006", notice, StringComparison.Ordinal);
        Assert.EndsWith("the checkpoint of step 4 is used instead", notice, StringComparison.Ordinal);
        Assert.Equal(expected, TestRun.Bits(resumed));
        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("run")));
    }

    [Fact]
    public async Task What_may_not_change_is_refused_with_every_key()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 3);
        await Train(config, folder.File("run"));

        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => Trainer.Resume(folder.File("run"), config.Set("model.width", "32").Set("train.batch", "3")));

        Assert.Equal(["model.width", "train.batch"], error.Problems.Select(problem => problem.Split(' ')[1]));
        Assert.Equal(64, TrainingConfig.Load(new RunFolder(folder.File("run")).ConfigPath).Model.Width);
    }

    [Fact]
    public async Task Another_text_is_refused_and_the_same_text_elsewhere_is_not()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 3);
        await Train(config, folder.File("run"));
        string moved = folder.Write("moved.txt", TestRun.Text);

        using (Trainer.Resume(folder.File("run"), config.Set("data.file", moved).Set("train.threads", "1")))
        {
        }

        folder.Write("moved.txt", TestRun.Text[..^1] + TestRun.Text[0]);
        Assert.EndsWith(
            "the data must be that which the run began with; another came",
            Assert.Throws<BadInputException>(() => Trainer.Resume(folder.File("run"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_edited_behind_the_checkpoints_back_is_found()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 3);
        await Train(config, folder.File("run"));
        File.WriteAllText(new RunFolder(folder.File("run")).ConfigPath, config.Set("optimizer.momentum", "0.5").ToJson().ToJsonString());

        const string Rule = "the checkpoint must be one of this configuration; another's came";
        Assert.EndsWith(Rule, Assert.Throws<BadInputException>(() => Trainer.Resume(folder.File("run"))).Message, StringComparison.Ordinal);

        // A window changes what the model computes and the shape of nothing.
        File.WriteAllText(new RunFolder(folder.File("run")).ConfigPath, config.Set("model.window", "1").ToJson().ToJsonString());
        Assert.EndsWith(Rule, Assert.Throws<BadInputException>(() => TextGenerator.FromRun(folder.File("run"))).Message, StringComparison.Ordinal);
        Assert.EndsWith(Rule, Assert.Throws<BadInputException>(() => Evaluator.FromRun(folder.File("run"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.width", "32", "must be [")]
    [InlineData("model.layers", "3", "tensor 'model.layers.2.")]
    public async Task Weights_of_another_model_are_refused(string key, string value, string rule)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 3);
        await Train(config, folder.File("run"));
        using Trainer other = Trainer.Create(config.Set(key, value));
        using LoadedCheckpoint? checkpoint = new RunFolder(folder.File("run")).Checkpoints.LoadLatest(out _);

        Assert.Contains(
            rule,
            Assert.Throws<InvalidFileException>(() => WeightFile.Read(checkpoint!.Model, other.Parameters)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_run_is_refused_and_stays_as_it_is()
    {
        using TemporaryFolder folder = new();

        Assert.Throws<InvalidFileException>(() => Trainer.Resume(folder.Path));
        Assert.Throws<InvalidFileException>(() => Trainer.Resume(folder.File("none")));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task One_trainer_owns_a_run_folder()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 3);
        using (Trainer first = Trainer.Create(config, folder.File("run")))
        {
            Assert.Throws<RunLockedException>(() => Trainer.Resume(folder.File("run")));
            await TestRun.Run(first);
        }

        Assert.Throws<RunExistsException>(() => Trainer.Create(config, folder.File("run")));
        Trainer.Resume(folder.File("run")).Dispose();
    }

    [Fact]
    public void A_bad_text_or_configuration_leaves_no_folder_behind()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder);

        Assert.Throws<BadInputException>(() => Trainer.Create(config.Set("data.file", folder.Write("short.txt", "short")), folder.File("run")));
        string message = Assert.Throws<BadInputException>(() => Trainer.Create(config.Set("sample.prompt", "Ω"), folder.File("run"))).Message;
        Assert.StartsWith("[tokenizer] sample.prompt: every character must be one of the ", message, StringComparison.Ordinal);
        Assert.EndsWith("'Ω' (U+03A9) once, first in line 1 came (a run with data.tokenizer=byte knows all)", message, StringComparison.Ordinal);
        Assert.Throws<ConfigurationException>(() => Trainer.Create(config with { Train = new() { Steps = -3 } }, folder.File("run")));
        Assert.False(Directory.Exists(folder.File("run")));
    }

    private static async Task Train(TrainingConfig config, string runFolder)
    {
        using Trainer trainer = Trainer.Create(config, runFolder);
        await TestRun.Run(trainer);
    }

    /// <summary>Makes a state file one of before there was a revision, with a hash of its own that holds.</summary>
    private static void WithoutRevision(string path)
    {
        string[] lines = [.. File.ReadAllLines(path).Where(line => !line.Contains("results_revision", StringComparison.Ordinal))];
        int own = Array.FindLastIndex(lines, line => line.Contains("\"sha256\":", StringComparison.Ordinal));
        string digest = lines[own].Split('"')[3];
        lines[own] = lines[own].Replace(digest, new string('0', 64), StringComparison.Ordinal);
        byte[] bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
        lines[own] = lines[own].Replace(new string('0', 64), Convert.ToHexStringLower(SHA256.HashData(bytes)), StringComparison.Ordinal);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
    }
}
