using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A checkpoint whose every file has been verified against its hash; the tensors are read on demand.</summary>
public sealed class LoadedCheckpoint : IDisposable
{
    internal LoadedCheckpoint(string folder, long step, JsonObject state, SafetensorsFile model, SafetensorsFile optimizer) =>
        (Folder, Step, State, Model, Optimizer) = (folder, step, state, model, optimizer);

    /// <summary>The checkpoint's folder.</summary>
    public string Folder { get; }

    /// <summary>How many steps had been done.</summary>
    public long Step { get; }

    /// <summary>What was given as <see cref="CheckpointContents.State"/>.</summary>
    public JsonObject State { get; }

    /// <summary>The weights.</summary>
    public SafetensorsFile Model { get; }

    /// <summary>The optimizer's tensors.</summary>
    public SafetensorsFile Optimizer { get; }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        Model.Dispose();
        Optimizer.Dispose();
    }
}
