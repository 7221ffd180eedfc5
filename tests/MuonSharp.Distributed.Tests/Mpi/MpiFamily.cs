using System.Diagnostics;

namespace MuonSharp.Distributed.Tests.Mpi;

/// <summary>The launchers of the two families of MPI, where they are installed.</summary>
internal static class MpiFamily
{
    /// <summary>Names that the two families give their launcher where both may be installed.</summary>
    private static readonly Dictionary<string, string[]> s_names = new(StringComparer.Ordinal)
    {
        ["openmpi"] = ["mpirun.openmpi", "mpirun"],
        ["mpich"] = ["mpiexec.mpich", "mpiexec.hydra"],
    };

    /// <summary>What a launcher's environment needs: Open MPI refuses to run as root without.</summary>
    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
        ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
    };

    /// <summary>The launcher of a family; skips the test where it is not installed.</summary>
    /// <param name="family"><c>openmpi</c> or <c>mpich</c>.</param>
    public static string Launcher(string family)
    {
        string? launcher = s_names[family]
            .SelectMany(static name => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(path => File.Exists(path) && IsOf(family, path));
        Assert.SkipWhen(launcher is null, $"no launcher of {family} is installed ({string.Join(", ", s_names[family])})");
        return launcher!;
    }

    /// <summary>What stands between the launcher and the program.</summary>
    /// <param name="family"><c>openmpi</c> or <c>mpich</c>.</param>
    /// <param name="ranks">How many, more than cores if need be.</param>
    public static string[] Options(string family, int ranks) =>
        [.. family == "openmpi" ? (string[])["--oversubscribe", "--bind-to", "none", "-x", "TERM=dumb"] : [], "-n", ranks.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    /// <summary>A plain mpirun may be of either family.</summary>
    private static bool IsOf(string family, string path)
    {
        using Process process = Process.Start(new ProcessStartInfo(path, ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        string text = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (family == "openmpi" ? (string[])["Open MPI", "OpenRTE"] : ["HYDRA"]).Any(name => text.Contains(name, StringComparison.OrdinalIgnoreCase));
    }
}
