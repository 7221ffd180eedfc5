namespace MuonSharp.Peers;

/// <summary>Environment variables that libtorch, its OpenMP and glibc read at the start of a process.</summary>
/// <param name="Name">What tables call them; empty for none.</param>
/// <param name="Variables">The variables.</param>
internal sealed record Setting(string Name, IReadOnlyDictionary<string, string> Variables)
{
    private static readonly Dictionary<string, string> s_none = [];

    // Threads that sleep instead of spinning while they wait.
    private static readonly Dictionary<string, string> s_passive = new() { ["OMP_WAIT_POLICY"] = "PASSIVE" };

    // Memory that is kept after use instead of being given back to the system and faulted in again, page by page; in large pages.
    private static readonly Dictionary<string, string> s_kept = new()
    {
        ["MALLOC_MMAP_MAX_"] = "0",
        ["MALLOC_TRIM_THRESHOLD_"] = "100000000000",
        ["MALLOC_ARENA_MAX"] = "1",
        ["THP_MEM_ALLOC_ENABLE"] = "1",
    };

    // Our kernels and the compiler's instructions; libtorch's own kernels, oneDNN's and MKL's.
    private static readonly Dictionary<string, string> s_avx2 = new()
    {
        ["MUONSHARP_VECTOR_BITS"] = "256",
        ["DOTNET_EnableAVX512"] = "0",
        ["ATEN_CPU_CAPABILITY"] = "avx2",
        ["ONEDNN_MAX_CPU_ISA"] = "AVX2",
        ["MKL_ENABLE_INSTRUCTIONS"] = "AVX2",
    };

    /// <summary>As installed, and each way to run it that may be faster.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("", s_none),
        new("passive", s_passive),
        new("memory kept", s_kept),
        new("passive, memory kept", s_passive.Concat(s_kept).ToDictionary()),
    ];

    /// <summary>What keeps both sides from vectors wider than so many bits, 256 or null for none: AVX2's, as on a processor that has no more.</summary>
    public static IReadOnlyDictionary<string, string> Capped(int? bits) => bits is null ? s_none : s_avx2;
}

/// <summary>A way to run the peer: how the work is written, and its environment.</summary>
/// <param name="Form">The form.</param>
/// <param name="Setting">The environment.</param>
internal sealed record Variant(string Form, Setting Setting)
{
    /// <inheritdoc/>
    public override string ToString() => Setting.Name.Length == 0 ? Form : $"{Form}, {Setting.Name}";
}
