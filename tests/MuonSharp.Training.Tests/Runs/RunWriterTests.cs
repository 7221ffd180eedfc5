using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Training.Tests.Checkpoints;

namespace MuonSharp.Training.Tests.Runs;

public sealed class RunWriterTests : IDisposable
{
    private const int LastStep = 12;
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_run_has_its_files()
    {
        using (RunWriter run = Create("a"))
        {
            Train(run, from: 0, to: LastStep);
            Assert.Null(run.Checkpoint);
            Assert.Empty(run.Problems);
        }

        string[] entries = [.. Directory.GetFileSystemEntries(_folder.At("a")).Select(path => Path.GetFileName(path)!).Where(name => name[0] != '.').Order(StringComparer.Ordinal)];
        Assert.Equal(["checkpoints", "config.json", "environment.json", "metrics.jsonl", "samples.txt"], entries);
        var folder = new RunFolder(_folder.At("a"));
        Assert.True(folder.HoldsRun);
        Assert.Equal(12, folder.ReadConfig().Train.Steps);
        Assert.Equal(3, JsonNode.Parse(File.ReadAllText(folder.EnvironmentPath))!["threads"]!.GetValue<int>());
        Assert.Equal([12L, 8L], folder.Checkpoints.Steps);
    }

    [Fact]
    public void A_folder_that_holds_a_run_takes_no_second_one()
    {
        Create("a").Dispose();
        RunExistsException exception = Assert.Throws<RunExistsException>(() => Create("a"));
        Assert.StartsWith($"[run] {_folder.At("a")}: ", exception.Message, StringComparison.Ordinal);
        Assert.True(exception.HoldsRun);
        using RunWriter resumed = RunWriter.Resume(_folder.At("a")); // The refusal has given the lock back.
        _ = Assert.Throws<RunLockedException>(() => RunWriter.Resume(_folder.At("a")));
        _ = Assert.Throws<RunLockedException>(() => Create("a"));
    }

    [Fact]
    public void Two_runs_in_one_process_do_not_know_of_each_other()
    {
        using RunWriter a = Create("a");
        using RunWriter b = Create("b");
        Train(a, 0, LastStep);
        Train(b, 0, LastStep);
        Assert.Equal(File.ReadAllText(a.Folder.MetricsPath), File.ReadAllText(b.Folder.MetricsPath));
    }

    [Fact]
    public void A_run_killed_at_any_file_operation_resumes_to_the_same_files_as_one_that_was_not()
    {
        using (RunWriter whole = Create("whole")) Train(whole, 0, LastStep);
        string metrics = File.ReadAllText(_folder.At("whole", "metrics.jsonl"));
        string samples = File.ReadAllText(_folder.At("whole", "samples.txt"));

        int at = 0;
        for (bool ended = false; !ended; at++)
        {
            string name = $"killed-{at}";
            ended = RunUntilKilled(name, at);
            if (Directory.Exists(_folder.At(name))) // Killed before it was created: nothing to resume.
            {
                using RunWriter resumed = RunWriter.Resume(_folder.At(name), UnflushedFiles.Instance);
                Assert.Empty(resumed.Problems);
                Train(resumed, CheckedStep(resumed), LastStep);
                Assert.Equal(metrics, File.ReadAllText(resumed.Folder.MetricsPath));
                Assert.Equal(samples, File.ReadAllText(resumed.Folder.SamplesPath));
            }
        }

        Assert.InRange(at, 80, 500);
    }

    [Fact]
    public void An_interruption_with_a_checkpoint_of_its_own_leaves_no_trace_in_the_resumed_metrics()
    {
        using (RunWriter whole = Create("whole")) Train(whole, 0, LastStep);
        using (RunWriter run = Create("cancelled"))
        {
            Train(run, 0, 6);
            _ = run.Save(6, CheckpointSample.Of(6), keep: 2, scheduled: false);
            run.Metrics.Write(new EndLine(6, "cancelled"));
            Assert.Contains("step-00000006", File.ReadAllText(run.Folder.MetricsPath), StringComparison.Ordinal);
        }

        using RunWriter resumed = RunWriter.Resume(_folder.At("cancelled"));
        Assert.Equal(6, CheckedStep(resumed));
        Train(resumed, 6, LastStep);
        Assert.Equal(File.ReadAllText(_folder.At("whole", "metrics.jsonl")), File.ReadAllText(resumed.Folder.MetricsPath));
    }

    [Fact]
    public void A_damaged_checkpoint_is_reported_and_the_one_before_resumed_with_its_own_metrics()
    {
        using (RunWriter whole = Create("a")) Train(whole, 0, LastStep);
        string metrics = File.ReadAllText(_folder.At("a", "metrics.jsonl"));
        File.Delete(_folder.At("a", "checkpoints", "step-00000012", "optimizer.safetensors"));
        using RunWriter resumed = RunWriter.Resume(_folder.At("a"));
        Assert.Contains("optimizer.safetensors: there is no such file", Assert.Single(resumed.Problems), StringComparison.Ordinal);
        Assert.Equal(8, CheckedStep(resumed));
        Train(resumed, 8, LastStep);
        Assert.Equal(metrics, File.ReadAllText(resumed.Folder.MetricsPath));
    }

    [Fact]
    public void Lost_logs_do_not_keep_a_run_from_resuming()
    {
        using (RunWriter run = Create("a")) Train(run, 0, LastStep);
        File.Delete(_folder.At("a", "metrics.jsonl"));
        File.WriteAllText(_folder.At("a", "samples.txt"), "short");
        using RunWriter resumed = RunWriter.Resume(_folder.At("a"));
        Assert.Equal(LastStep, CheckedStep(resumed));
        Assert.Equal(0, resumed.Metrics.Length);
        Assert.Equal(5, resumed.Samples.Length);
    }

    [Fact]
    public void Metrics_are_on_the_disk_before_their_checkpoint_is_visible()
    {
        var model = new PowerLossFiles(_folder.Path);
        var files = new FaultyFiles(inner: model)
        {
            AfterEach = () =>
            {
                using var afterwards = new ScratchFolder();
                model.Restore(afterwards.Path, Survivors.Everything);
                if (new CheckpointStore(afterwards.At("run", "checkpoints")).LoadLatest(out _) is not { } checkpoint) return;
                using (checkpoint)
                {
                    string last = File.ReadLines(afterwards.At("run", "metrics.jsonl")).Last();
                    Assert.True(JsonNode.Parse(last)!["step"]!.GetValue<long>() >= checkpoint.Step, $"{checkpoint.Step}: {last}");
                    string samples = File.ReadAllText(afterwards.At("run", "samples.txt"));
                    Assert.Contains($"--- step {checkpoint.Step} ---", samples, StringComparison.Ordinal);
                }
            },
        };
        using RunWriter run = RunWriter.Create(_folder.At("run"), Config(), new JsonObject(), files);
        Train(run, 0, LastStep);
    }

    [Fact]
    public void A_folder_without_a_run_is_refused_in_one_line()
    {
        Assert.EndsWith("there is no such folder", Assert.Throws<InvalidFileException>(() => RunWriter.Resume(_folder.At("missing"))).Message, StringComparison.Ordinal);
        Assert.EndsWith("this one has no config.json", Assert.Throws<InvalidFileException>(() => new RunFolder(_folder.Path).ReadConfig()).Message, StringComparison.Ordinal);
        foreach (string content in new[] { "", "{", "[]", "null", "{\"a\":1,\"a\":2}" })
        {
            File.WriteAllText(_folder.At("config.json"), content);
            InvalidFileException exception = Assert.Throws<InvalidFileException>(() => new RunFolder(_folder.Path).ReadConfig());
            Assert.StartsWith($"[run] {_folder.At("config.json")}: {(content.Length > 8 ? "each key may come once; a comes twice" : "it must ")}", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_wrong_with_a_configuration_is_said_with_its_place()
    {
        File.WriteAllText(_folder.At("config.json"), "{\n  x\n}");
        string message = Assert.Throws<InvalidFileException>(() => new RunFolder(_folder.Path).ReadConfig()).Message;
        Assert.EndsWith("(line 2, byte 3)", message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", message, StringComparison.Ordinal);
        File.WriteAllText(_folder.At("config.json"), "[]");
        Assert.EndsWith("it must be an object; a list of 0 came", Assert.Throws<InvalidFileException>(() => new RunFolder(_folder.Path).ReadConfig()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_leaves_a_missing_folder_again_works_from_the_first_file_to_the_last()
    {
        string path = Path.Combine(_folder.Path, "missing", "..", "run");
        using (RunWriter run = RunWriter.Create(path, Config(), new JsonObject()))
        {
            Assert.Equal(_folder.At("run"), run.Folder.Path);
            Train(run, 0, 4);
        }

        new CheckpointStore(Path.Combine(path, "checkpoints")).Save(5, CheckpointSample.Of(5), keep: 2);
        Assert.Equal([5, 4], new RunFolder(_folder.At("run")).Checkpoints.Steps);
    }

    [Fact]
    public void A_place_where_no_checkpoint_can_be_written_is_found_before_anything_is_cut()
    {
        using (RunWriter first = Create("a"))
        {
            first.Metrics.Write(new EndLine(1, "done"));
            first.Samples.Write(1, "text");
        }

        Directory.Delete(_folder.At("a", "checkpoints"));
        File.WriteAllText(_folder.At("a", "checkpoints"), "");
        byte[] metrics = File.ReadAllBytes(_folder.At("a", "metrics.jsonl")), samples = File.ReadAllBytes(_folder.At("a", "samples.txt"));
        Assert.True(metrics.Length > 0 && samples.Length > 0);

        Assert.Throws<WriteFailedException>(() => RunWriter.Resume(_folder.At("a")));

        Assert.Equal(metrics, File.ReadAllBytes(_folder.At("a", "metrics.jsonl")));
        Assert.Equal(samples, File.ReadAllBytes(_folder.At("a", "samples.txt")));
    }

    [Fact]
    public void A_log_that_cannot_be_written_is_found_before_the_other_is_cut()
    {
        using (RunWriter first = Create("a"))
        {
            first.Metrics.Write(new EndLine(1, "done"));
        }

        byte[] metrics = File.ReadAllBytes(_folder.At("a", "metrics.jsonl"));
        File.Delete(_folder.At("a", "samples.txt"));
        Directory.CreateDirectory(_folder.At("a", "samples.txt"));

        Assert.Throws<WriteFailedException>(() => RunWriter.Resume(_folder.At("a")));

        Assert.Equal(metrics, File.ReadAllBytes(_folder.At("a", "metrics.jsonl")));
    }

    [Theory]
    [InlineData("samples.txt")]
    [InlineData("metrics.jsonl")]
    [InlineData("tokenizer.json")]
    [InlineData("environment.json")]
    [InlineData("report.html")]
    [InlineData("checkpoints")]
    [InlineData(".lock")]
    public void A_new_run_goes_over_nothing_that_it_did_not_make(string name)
    {
        Directory.CreateDirectory(_folder.At("a"));
        File.WriteAllText(_folder.At("a", name), "mine");
        File.WriteAllText(_folder.At("a", "data.txt"), "mine too");

        RunExistsException error = Assert.Throws<RunExistsException>(() => Create("a"));

        Assert.Equal($"[run] {_folder.At("a")}: a new run needs a folder that holds none of the files it writes; {name} is there", error.Message);
        Assert.False(error.HoldsRun);
        Assert.Equal("mine", File.ReadAllText(_folder.At("a", name)));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.At("a")).Length);
    }

    [Fact]
    public void A_folder_with_other_files_takes_a_run()
    {
        Directory.CreateDirectory(_folder.At("a"));
        File.WriteAllText(_folder.At("a", "data.txt"), "mine");
        using RunWriter writer = Create("a");
        Assert.Equal("mine", File.ReadAllText(_folder.At("a", "data.txt")));
    }

    [Fact]
    public void A_link_to_nowhere_says_what_it_is()
    {
        File.CreateSymbolicLink(_folder.At("link"), _folder.At("nowhere"));
        Assert.Contains("this is a symbolic link to ", Assert.Throws<WriteFailedException>(() => Create("link")).Message, StringComparison.Ordinal);
        Assert.Contains("this is a symbolic link to ", Assert.Throws<InvalidFileException>(() => RunWriter.Resume(_folder.At("link"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_where_the_folder_should_be_is_an_error_of_writing()
    {
        File.WriteAllText(_folder.At("file"), "");
        Assert.StartsWith("[run] ", Assert.Throws<WriteFailedException>(() => Create("file")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_names_what_a_speed_depends_on()
    {
        JsonObject environment = RunEnvironment.Describe(threads: 3);
        Assert.Equal(["muonsharp", "runtime", "system", "architecture", "processor", "cores", "threads", "vector_bits", "started"], environment.Select(pair => pair.Key));
        Assert.All(environment, pair => Assert.NotEqual("", pair.Value?.ToString()));
        Assert.Equal(3, environment["threads"]!.GetValue<int>());
    }

    private static JsonObject Config() => new() { ["train.steps"] = LastStep };

    private static long CheckedStep(RunWriter run) => run.Checkpoint is null ? 0 : CheckpointSample.Check(run.Checkpoint);

    private RunWriter Create(string name) => RunWriter.Create(_folder.At(name), Config(), RunEnvironment.Describe(threads: 3), UnflushedFiles.Instance);

    private bool RunUntilKilled(string name, int at)
    {
        RunWriter? run = null;
        try
        {
            run = RunWriter.Create(_folder.At(name), Config(), new JsonObject(), new FaultyFiles(at));
            Train(run, 0, LastStep);
            return true;
        }
        catch (SimulatedKill)
        {
            return false;
        }
        finally
        {
            run?.Dispose(); // As the operating system would: closes the files and frees the lock.
        }
    }

    /// <summary>What a trainer does, without the training: a line each step, and every fourth an evaluation, a sample and a checkpoint.</summary>
    private static void Train(RunWriter run, long from, long to)
    {
        for (long step = from + 1; step <= to; step++)
        {
            run.Metrics.Write(new SkippedLine(step, $"parameter {step * 1.5}", 1));
            if (step % 4 == 0)
            {
                run.Metrics.Write(new EvaluationLine(step, [new("val_loss", 4.0 / step), new("bits_per_byte", 1)]));
                run.Samples.Write(step, $"sample {step}");
                _ = run.Save(step, CheckpointSample.Of(step), keep: 2);
            }
        }
    }
}
