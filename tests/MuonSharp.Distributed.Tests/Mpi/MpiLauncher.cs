using System.Diagnostics;

namespace MuonSharp.Distributed.Tests.Mpi;

/// <summary>A launcher of this machine, and runs of <see cref="RankProgram"/> under it.</summary>
internal static class MpiLauncher
{
    /// <summary>Longer than any of these runs takes; what is still there then is a hang.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(90);

    /// <summary>Runs ranks; skips the test where the launcher is not installed.</summary>
    /// <param name="family"><c>openmpi</c> or <c>mpich</c>.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="program">What they do.</param>
    /// <param name="timeout">Seconds that a collective may take.</param>
    /// <param name="library">What <see cref="MpiCollectives.LibraryVariable"/> says; null for nothing.</param>
    public static MpiRun Run(string family, int ranks, string program, double timeout = 30, string? library = null)
    {
        var start = new ProcessStartInfo(MpiFamily.Launcher(family), [.. MpiFamily.Options(family, ranks), "dotnet", "exec", typeof(MpiLauncher).Assembly.Location, RankProgram.Option, program, $"{timeout}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in MpiFamily.Variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        if (library is not null)
        {
            start.Environment[MpiCollectives.LibraryVariable] = library;
        }

        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{family}, {ranks} ranks, {program}: still there after {s_longest.TotalSeconds} s\n{output.Result}\n{error.Result}");
        }

        return new MpiRun(process.ExitCode, output.Result, error.Result, Stopwatch.GetElapsedTime(begin));
    }
}

/// <summary>What a run under a launcher left behind.</summary>
internal sealed record MpiRun(int ExitCode, string Output, string Error, TimeSpan Duration)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public MpiRun Exits(int code)
    {
        Assert.True(ExitCode == code, $"exit {ExitCode}, not {code}\n{this}");
        return this;
    }
}
