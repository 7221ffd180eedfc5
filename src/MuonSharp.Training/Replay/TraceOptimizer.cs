using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>An optimizer as recorded runs name it: its presets and the keys that belong to it.</summary>
internal abstract class TraceOptimizer(string name)
{
    /// <summary>The name in a group's <c>optimizer</c>.</summary>
    public string Name => name;

    /// <summary>The options that the group's keys describe.</summary>
    /// <param name="group">The group, for messages.</param>
    /// <param name="preset">The preset's name, or null.</param>
    /// <param name="settings">The keys that stand for options.</param>
    public abstract OptimizerOptions Read(TraceValue group, TraceValue? preset, IReadOnlyDictionary<string, TraceValue> settings);
}
