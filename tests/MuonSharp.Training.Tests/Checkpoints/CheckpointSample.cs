using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Checkpoints;

/// <summary>Checkpoints whose every value follows from their step, so that a mixture of two is noticed.</summary>
internal static class CheckpointSample
{
    public static CheckpointContents Of(long step, string flavour = "first") => new()
    {
        Model = [new NamedTensor("layer.weight", [3, 5], Values(step, 15)), new NamedTensor("layer.gain", [5], Values(-step, 5))],
        Optimizer = [new NamedTensor("momentum/layer.weight", [3, 5], Values(step + 0.5f, 15))],
        State = new JsonObject { ["position"] = step * 7, ["flavour"] = flavour },
    };

    /// <summary>Asserts that a checkpoint is all of one step, and returns that step.</summary>
    public static long Check(LoadedCheckpoint? checkpoint, string? flavour = null)
    {
        Assert.NotNull(checkpoint);
        long step = checkpoint.Step;
        Assert.Equal(Values(step, 15), Read(checkpoint.Model, "layer.weight", 15));
        Assert.Equal(Values(-step, 5), Read(checkpoint.Model, "layer.gain", 5));
        Assert.Equal(Values(step + 0.5f, 15), Read(checkpoint.Optimizer, "momentum/layer.weight", 15));
        Assert.Equal(step * 7, checkpoint.State["position"].WholeNumber());
        if (flavour is not null) Assert.Equal(flavour, checkpoint.State["flavour"].Text());
        return step;
    }

    /// <summary>Loads the newest, which must be complete; its step.</summary>
    public static long LatestStep(string folder, out IReadOnlyList<string> problems)
    {
        using LoadedCheckpoint? checkpoint = new CheckpointStore(folder).LoadLatest(out problems);
        return Check(checkpoint);
    }

    private static float[] Values(float start, int count) => [.. Enumerable.Range(0, count).Select(i => start + (i / 64f))];

    private static float[] Read(SafetensorsFile file, string name, int count)
    {
        float[] values = new float[count];
        file.ReadFloats(name, values);
        return values;
    }
}
