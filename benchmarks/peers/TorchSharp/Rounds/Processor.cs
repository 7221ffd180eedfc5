namespace MuonSharp.Peers;

/// <summary>What the system says of its processor.</summary>
internal static class Processor
{
    private static readonly string[] s_lines = File.Exists("/proc/cpuinfo") ? File.ReadAllLines("/proc/cpuinfo") : [];

    /// <summary>Whether it has instructions for products of bfloat16.</summary>
    public static bool MultipliesBfloat16 => Field("flags").Split(' ').Any(flag => flag is "avx512_bf16" or "amx_bf16");

    /// <summary>Its name, for the head of a table.</summary>
    public static string Name => $"{Field("model name")}, family {Field("cpu family")} model {Field("model")}, {Environment.ProcessorCount} cores";

    private static string Field(string name) =>
        s_lines.Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).FirstOrDefault(parts => parts.Length == 2 && parts[0] == name)?[1] ?? "?";
}
