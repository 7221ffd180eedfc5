using System.Diagnostics;

namespace MuonSharp.Distributed.Tests.Mpi;

/// <summary>A launcher of this machine, and runs of <see cref="RankProgram"/> under it.</summary>
internal static class MpiLauncher
{
    /// <summary>Longer than any of these runs takes; what is still there then is a hang.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(90);

    /// <summary>Names that the two families give their launcher where both may be installed.</summary>
    private static readonly Dictionary<string, string[]> s_names = new(StringComparer.Ordinal)
    {
        ["openmpi"] = ["mpirun.openmpi", "mpirun"],
        ["mpich"] = ["mpiexec.mpich", "mpiexec.hydra"],
    };

    /// <summary>Runs ranks; skips the test where the launcher is not installed.</summary>
    /// <param name="family"><c>openmpi</c> or <c>mpich</c>.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="program">What they do.</param>
    /// <param name="timeout">Seconds that a collective may take.</param>
    /// <param name="library">What MUONSHARP_MPI_LIBRARY says; null for nothing.</param>
    public static MpiRun Run(string family, int ranks, string program, double timeout = 30, string? library = null)
    {
        string? launcher = Find(family);
        Assert.SkipWhen(launcher is null, $"no launcher of {family} is installed ({string.Join(", ", s_names[family])})");
        string[] options = family == "openmpi" ? ["--oversubscribe", "--bind-to", "none", "-x", "TERM=dumb"] : [];
        var start = new ProcessStartInfo(launcher!, [.. options, "-n", $"{ranks}", "dotnet", "exec", typeof(MpiLauncher).Assembly.Location, RankProgram.Option, program, $"{timeout}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        if (library is not null)
        {
            start.Environment["MUONSHARP_MPI_LIBRARY"] = library;
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

    private static string? Find(string family) =>
        s_names[family].SelectMany(static name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(path => File.Exists(path) && IsOf(family, path));

    /// <summary>A plain mpirun may be of either family.</summary>
    private static bool IsOf(string family, string path)
    {
        using Process process = Process.Start(new ProcessStartInfo(path, ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        string text = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (family == "openmpi" ? (string[])["Open MPI", "OpenRTE"] : ["HYDRA"]).Any(name => text.Contains(name, StringComparison.OrdinalIgnoreCase));
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
