using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>What a run's speed and its start depended on besides its configuration: the content of <c>environment.json</c>.</summary>
public static class RunEnvironment
{
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>Describes this process on this machine.</summary>
    /// <param name="threads">Threads that train.</param>
    /// <param name="time">The clock; the system's if null.</param>
    /// <returns>Version, runtime, system, processor, cores, threads, vector width, and when the run started.</returns>
    public static JsonObject Describe(int threads, TimeProvider? time = null) => new()
    {
        ["muonsharp"] = typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["system"] = RuntimeInformation.OSDescription,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["processor"] = ProcessorName(),
        ["cores"] = Environment.ProcessorCount,
        ["threads"] = threads,
        ["vector_bits"] = VectorWidth.Bits,
        ["started"] = (time ?? TimeProvider.System).GetUtcNow().ToString("O"),
    };

    /// <summary>The processor's own name, or its architecture where the system does not tell.</summary>
    /// <returns>A name such as the one in <c>/proc/cpuinfo</c>.</returns>
    public static string ProcessorName()
    {
        string? line = null;
        try
        {
            line = File.Exists(ProcessorFile)
                ? File.ReadLines(ProcessorFile).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
                : null;
        }
        catch (IOException)
        {
            // A name is a courtesy: without it the architecture has to do.
        }

        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
