using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>Texts that cannot be read a second time.</summary>
public sealed class PipeTests : IDisposable
{
    private const string Copy = "training-text.txt";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact(Explicit = true)]
    public void A_run_on_a_pipe_keeps_the_text_and_stopped_and_resumed_has_the_bits_of_one_on_the_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes are made the Unix way");
        string whole = folder.At("whole"), piped = folder.At("piped");
        int steps;
        using (RunningProcess running = Shell("<(cat text.txt)", WithoutData(TinyRun.Train(folder, piped, [.. TinyRun.Endless, "--json"]))))
        {
            Assert.True(running.WaitForText("\"step\":20,"), running.Error);
            Signal.Send(running, Signal.Terminate);
            steps = (int)running.Wait().Exits(130).Json[^1]["step"]! + 20;
        }

        Tool.Run(TinyRun.Train(folder, whole, TinyRun.Ending(steps))).Exits(0);
        Assert.Equal(TinyRun.Text, File.ReadAllText(Path.Combine(piped, Copy)));
        Assert.False(File.Exists(Path.Combine(whole, Copy)));
        Tool.Run("train", "--run", piped, "--resume", "--steps", $"{steps}").Exits(0);
        RunFiles.AssertSameBits(whole, piped);
        Assert.Equal(Evaluated(whole), Evaluated(piped));

        // The copy is as much a part of the run as its checkpoints: another text is refused.
        File.AppendAllText(Path.Combine(piped, Copy), "a");
        Tool.Run("train", "--run", piped, "--resume", "--steps", $"{steps + 10}").Fails(2, Copy, "another came");
        Tool.Run("train", "--run", piped, "--resume", "--steps", $"{steps + 10}", "--data", folder.At("text.txt")).Exits(0);
    }

    [Fact(Explicit = true)]
    public void Standard_input_is_kept_though_a_file_lies_behind_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes are made the Unix way");
        string run = folder.At("run");
        using (RunningProcess running = Shell("/dev/stdin < text.txt", WithoutData(TinyRun.Train(folder, run, "--steps", "2")))) running.Wait().Exits(0);
        Assert.Equal(File.ReadAllBytes(folder.At("text.txt")), File.ReadAllBytes(Path.Combine(run, Copy)));
        Tool.Run("evaluate", "--run", run).Exits(0);
        Tool.Run("train", "--run", run, "--resume", "--steps", "4").Exits(0);
    }

    [Fact(Explicit = true)]
    public void A_dash_is_standard_input_joined_with_files_that_came_before()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes are made the Unix way");
        string run = folder.At("run"), first = folder.Write("first.txt", "the first text");
        using (RunningProcess running = Shell("- < text.txt", [.. TinyRun.Train(folder, run, "--steps", "2"), "--data", first])) running.Wait().Exits(0);
        Assert.Equal($"{TinyRun.Text}{(TinyRun.Text.EndsWith('\n') ? "" : "\n")}the first text\n{TinyRun.Text}", File.ReadAllText(Path.Combine(run, Copy)));
        Tool.Run("train", "--run", run, "--resume", "--steps", "4").Exits(0);
        using RunningProcess evaluated = Shell("- < text.txt", "evaluate", "--run", run, "--json");
        Assert.Equal(Tool.Run("evaluate", "--run", run, "--data", folder.At("text.txt"), "--json").Exits(0).Output, evaluated.Wait().Exits(0).Output);
    }

    [Fact(Explicit = true)]
    public void A_run_that_has_no_checkpoint_yet_starts_over_on_its_copy()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes are made the Unix way");
        string run = folder.At("run");
        using (RunningProcess running = Shell("<(cat text.txt)", WithoutData(TinyRun.Train(folder, run, "--steps", "100000", "--set", "checkpoint.every=-1", "--json"))))
        {
            Assert.True(running.WaitForText("\"step\":5,"), running.Error);
            running.Kill();
            running.Wait();
        }

        Assert.Empty(Directory.GetDirectories(Path.Combine(run, "checkpoints"), "step-*"));
        Tool.Run("train", "--run", run, "--resume", "--steps", "3").Exits(0);
    }

    [Fact(Explicit = true)]
    public void A_text_on_a_pipe_is_evaluated_and_one_that_many_runs_need_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes are made the Unix way");
        string run = folder.At("run");
        Tool.Run(TinyRun.Train(folder, run, "--steps", "2")).Exits(0);
        string file = Tool.Run("evaluate", "--run", run, "--data", folder.At("text.txt"), "--json").Exits(0).Output;
        using (RunningProcess running = Shell("<(cat text.txt)", "evaluate", "--run", run, "--json")) Assert.Equal(file, running.Wait().Exits(0).Output);
        using RunningProcess compared = Shell("<(cat text.txt)", "compare", "--optimizers", "adamw,muon", "--run", folder.At("compared"));
        compared.Wait().Fails(2, "/dev/fd/", "a pipe came");
    }

    private static string Evaluated(string run) => Tool.Run("evaluate", "--run", run, "--json").Exits(0).Output;

    /// <summary>Arguments without the text, which the shell gives: several would be joined.</summary>
    private static string[] WithoutData(string[] arguments)
    {
        int data = Array.IndexOf(arguments, "--data");
        return [.. arguments[..data], .. arguments[(data + 2)..]];
    }

    /// <summary>The tool in the place of a shell that gives it its text.</summary>
    private RunningProcess Shell(string data, params string[] arguments)
    {
        string words = string.Join(' ', arguments.Select(word => $"'{word}'"));
        return new RunningProcess("bash", ["-c", $"exec dotnet exec '{Repository.Tool}' {words} --data {data}"], folder.FullPath, null);
    }
}
