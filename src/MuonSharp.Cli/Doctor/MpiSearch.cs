using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using MuonSharp.Distributed;

namespace MuonSharp.Cli.Doctor;

/// <summary>What this machine has of MPI. Another process looks: a library takes signals and threads, and may end who loads it.</summary>
/// <param name="Found">The library's name and version; null where none was found.</param>
/// <param name="Library">What it was loaded by.</param>
/// <param name="Threads">The level of threading that it grants; null where it could not begin.</param>
/// <param name="Tried">The names that were tried.</param>
/// <param name="Problem">Why there is none, or what is wrong with it, in the library's words; null where all is well.</param>
internal sealed record MpiSearch(string? Found, string? Library, string? Threads, IReadOnlyList<string> Tried, string? Problem)
{
    /// <summary>Prefixes of the variables by which a process is a rank: who looks is none.</summary>
    private static readonly string[] s_rankVariables = ["OMPI_", "PMIX_", "PMI_", "PMI2_", "HYDI_", "MPI_LOCAL", "SLURM_"];

    private static readonly TimeSpan s_looking = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_testing = TimeSpan.FromSeconds(60);

    /// <summary>Looks.</summary>
    public static MpiSearch Look()
    {
        ProbeRun run = Run(Self(MpiProbe.Look), s_looking);
        Dictionary<string, string> said = run.Said;
        string? found = said.GetValueOrDefault(MpiProbe.Version), threads = said.GetValueOrDefault(MpiProbe.Threads);
        return new MpiSearch(
            found,
            said.GetValueOrDefault(MpiProbe.Library),
            threads,
            said.GetValueOrDefault(MpiProbe.Tried)?.Split(' ') ?? [],
            run.Code == 0 ? null : found is null ? "no library was found" : $"it could not begin: {run.Complaint}");
    }

    /// <summary>In a line.</summary>
    public string Description => Found is null ? $"none ({(Tried.Count > 0 ? $"tried {string.Join(", ", Tried)}" : Problem)})"
        : $"{Found} ({Library}{(Threads is null ? "" : $"; threads: {Threads}")}){(Problem is null ? "" : $"; {Problem}")}";

    /// <summary>Two ranks of this program, started by the launcher that belongs to the library.</summary>
    public MpiTest Test()
    {
        if (Found is null)
        {
            return MpiTest.Failed(null, $"there is no MPI library; install Open MPI or MPICH, or name one in {MpiCollectives.LibraryVariable}");
        }

        bool openMpi = Found.StartsWith("Open MPI", StringComparison.Ordinal);
        string[] names = openMpi ? ["mpirun.openmpi", "mpirun", "mpiexec"] : ["mpiexec.mpich", "mpiexec.hydra", "mpiexec", "mpirun"];
        string? launcher = names.SelectMany(static name => Path().Select(folder => System.IO.Path.Combine(folder, name)))
            .FirstOrDefault(path => File.Exists(path) && IsOf(openMpi, Run([path, "--version"], s_looking).Text));
        if (launcher is null)
        {
            return MpiTest.Failed(null, $"no launcher of {Found} is in the PATH ({string.Join(", ", names)})");
        }

        string[] options = openMpi ? ["--oversubscribe", "--bind-to", "none", "-x", "TERM=dumb"] : [];
        ProbeRun run = Run([launcher, .. options, "-n", "2", .. Self(MpiProbe.Test)], s_testing);
        Dictionary<string, string> said = run.Said;
        return run.Code == 0 && said.TryGetValue(MpiProbe.Latency, out string? latency) && said.TryGetValue(MpiProbe.Bandwidth, out string? bandwidth)
            ? new MpiTest(launcher, double.Parse(latency, CultureInfo.InvariantCulture), double.Parse(bandwidth, CultureInfo.InvariantCulture), null)
            : MpiTest.Failed(launcher, run.Complaint.Length > 0 ? run.Complaint : $"{launcher} ended with code {run.Code}");
    }

    /// <summary>A plain mpirun may be of either family; Open MPI 4 calls itself OpenRTE under other names.</summary>
    private static bool IsOf(bool openMpi, string version) => (openMpi ? (string[])["Open MPI", "OpenRTE"] : ["HYDRA"]).Any(name => version.Contains(name, StringComparison.OrdinalIgnoreCase));

    private static string[] Path() => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>This program once more, whatever it was started by.</summary>
    private static string[] Self(string part)
    {
        string program = Environment.GetCommandLineArgs()[0], process = Environment.ProcessPath!;
        string[] start = program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && System.IO.Path.GetFileNameWithoutExtension(process) == "dotnet" ? [process, "exec", program] : [process];
        return [.. start, "doctor", MpiProbe.Option, part];
    }

    /// <summary>Runs a program to its end; what it says comes as lines of a name, a tab and a value.</summary>
    private static ProbeRun Run(string[] command, TimeSpan longest)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(static name => s_rankVariables.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToList())
        {
            start.Environment.Remove(name);
        }

        // In a container everybody is root.
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(longest))
            {
                process.Kill(entireProcessTree: true);
                return new ProbeRun(-1, string.Empty, $"{System.IO.Path.GetFileName(command[0])} did not end within {longest.TotalSeconds:0} s");
            }

            return new ProbeRun(process.ExitCode, output.Result, error.Result);
        }
        catch (Win32Exception error)
        {
            return new ProbeRun(-1, string.Empty, $"{command[0]} could not be started: {error.Message}");
        }
    }

    /// <summary>How a program ended.</summary>
    private sealed record ProbeRun(int Code, string Text, string Error)
    {
        /// <summary>What it said, by name.</summary>
        public Dictionary<string, string> Said => Text.Split('\n').Select(static line => line.TrimEnd('\r').Split('\t')).Where(static parts => parts.Length == 2)
            .GroupBy(static parts => parts[0], StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First()[1], StringComparer.Ordinal);

        /// <summary>What it complained of, in a line: a launcher frames what it says.</summary>
        public string Complaint => string.Join(' ', Error.Split('\n').Select(static line => line.Trim()).Where(static line => line.Trim('-', '=').Length > 0));
    }
}

/// <summary>What two ranks found out.</summary>
/// <param name="Launcher">What started them; null where there is none.</param>
/// <param name="LatencyMicroseconds">Of a sum of one number.</param>
/// <param name="GigabytesPerSecond">Bytes of a large sum, by the time it took.</param>
/// <param name="Problem">What went wrong; null for nothing.</param>
internal sealed record MpiTest(string? Launcher, double LatencyMicroseconds, double GigabytesPerSecond, string? Problem)
{
    public static MpiTest Failed(string? launcher, string problem) => new(launcher, 0, 0, problem);

    /// <summary>In a line.</summary>
    public string Description => Problem is null
        ? string.Create(CultureInfo.InvariantCulture, $"a sum of one number in {LatencyMicroseconds:0.0} µs, of 16 MiB at {GigabytesPerSecond:0.00} GB/s ({Launcher})")
        : $"failed: {Problem}";
}
