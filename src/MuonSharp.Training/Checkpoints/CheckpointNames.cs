using System.Globalization;

namespace MuonSharp.Training;

/// <summary>Names inside a folder of checkpoints.</summary>
internal static class CheckpointNames
{
    public const string Operation = "checkpoint";
    public const string Model = "model.safetensors";
    public const string Optimizer = "optimizer.safetensors";
    public const string State = "state.json";

    /// <summary>The file that names the newest complete checkpoint.</summary>
    public const string Latest = "latest";

    /// <summary>Begins the name of what is being written or deleted: never a checkpoint, and removed by the next save.</summary>
    public const string Temporary = ".tmp-";

    /// <summary>Begins the name of a checkpoint set aside while another of the same step takes its place.</summary>
    public const string Replaced = ".replaced-";

    private const string Prefix = "step-";

    public static string Of(long step) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}");

    /// <summary>The step that a name says; only the exact spelling counts, so that one step has one name.</summary>
    public static bool TryParse(string name, out long step)
    {
        step = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out step)
            && string.Equals(name, Of(step), StringComparison.Ordinal);
    }
}
