using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.CommandLine;

/// <summary>Standard output and error that are full, closed or in another encoding: the exit code is the documented one, and no run is lost.</summary>
public sealed class OutputFailureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_exit_code_does_not_depend_on_standard_error() => Shell("$TOOL train --nope 2>/dev/full").Exits(1);

    [Theory]
    [InlineData("doctor")]
    [InlineData("doctor --json")]
    [InlineData("plan")]
    [InlineData("--help")]
    public void A_full_standard_output_is_said_to_be_what_it_is(string command) =>
        Shell($"$TOOL {command} >/dev/full").Fails(5, "standard output could not be written", "no space left");

    [Theory(Explicit = true)]
    [InlineData("")]
    [InlineData("--json")]
    public void Generating_ends_when_nobody_reads(string json)
    {
        Tool.Run(TinyRun.Train(_folder, _folder.At("run"), "--steps", "1")).Exits(0);
        ProcessResult result = Shell($"{{ $TOOL generate --run run --tokens 2000000000 {json}; echo $? >code; }} | {(json.Length == 0 ? "head -c 20" : "true")}").Exits(0);
        Assert.Empty(result.Error);
        Assert.Equal("0", File.ReadAllText(_folder.At("code")).Trim());
    }

    [Fact]
    public void A_run_goes_on_without_a_reader()
    {
        string command = string.Join(' ', TinyRun.Train(_folder, "run", "--steps", "6", "--json").Select(word => $"'{word}'"));
        Shell($"{{ $TOOL {command}; echo $? >code; }} | true").Exits(0);
        Assert.Equal("0", File.ReadAllText(_folder.At("code")).Trim());
        Assert.Contains("step-00000006", RunFiles.Checkpoints(_folder.At("run")).Select(Path.GetFileName));
    }

    [Theory(Explicit = true)]
    [InlineData("")]
    [InlineData("--json")]
    public void A_run_whose_messages_are_lost_is_whole_and_says_so(string json)
    {
        string command = string.Join(' ', TinyRun.Train(_folder, "run", ["--steps", "6", .. json.Length == 0 ? (string[])[] : [json]]).Select(word => $"'{word}'"));
        Shell($"$TOOL {command} >/dev/full").Fails(5, "standard output could not be written");
        Assert.Contains("step-00000006", RunFiles.Checkpoints(_folder.At("run")).Select(Path.GetFileName));
        Shell($"$TOOL {command} --resume >out 2>/dev/full").Exits(0);
        Assert.Empty(Directory.GetDirectories(_folder.At("run/checkpoints"), ".tmp*"));
    }

    [Theory]
    [InlineData("C")]
    [InlineData("de_DE.ISO-8859-1")]
    public void What_is_redirected_is_utf8_whatever_the_locale_says(string locale)
    {
        string run = _folder.At("caf\u00e9-\u4e16");
        Dictionary<string, string> variables = new(StringComparer.Ordinal) { ["LC_ALL"] = locale };
        JsonObject start = Tool.Run(TinyRun.Train(_folder, run, "--steps", "1", "--json"), null, variables).Exits(0).Json[0];
        Assert.Equal(run, (string?)start["run"]);
    }

    [Fact(Explicit = true)]
    public void Runs_that_begin_in_the_same_second_have_a_folder_each()
    {
        string[] named = TinyRun.Train(_folder, "-", "--steps", "1");
        int at = Array.IndexOf(named, "--run");
        string[] command = [.. named[..at], .. named[(at + 2)..]];
        RunningProcess[] runs = [.. Enumerable.Range(0, 4).Select(_ => Tool.Start(command, _folder.FullPath))];
        Assert.All(runs, run => run.Wait().Exits(0));
        Assert.All(runs, run => run.Dispose());
        Assert.Equal(4, Directory.GetDirectories(_folder.At("runs")).Length);
    }

    private ProcessResult Shell(string command)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is a device of Linux");
        string script = string.Create(CultureInfo.InvariantCulture, $"cd '{_folder.FullPath}'; TOOL=\"dotnet exec {Repository.Tool}\"; {command}");
        using RunningProcess running = new("/bin/sh", ["-c", script], _folder.FullPath, null);
        return running.Wait();
    }
}
