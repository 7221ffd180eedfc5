using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>What a run's metrics do not say and its newest checkpoint does.</summary>
/// <param name="Weights">How many numbers the model has.</param>
/// <param name="HigherIsBetter">Whether a greater one of the numbers that decide an evaluation is better.</param>
internal sealed record CheckpointFacts(long Weights, bool HigherIsBetter)
{
    private const string Model = "model.safetensors";

    private static readonly JsonOptions s_options = new() { Operation = "report" };

    /// <summary>Reads the newest checkpoint; null if there is none that can be read.</summary>
    public static CheckpointFacts? Read(RunFolder folder)
    {
        try
        {
            string? newest = Directory.Exists(folder.CheckpointsPath)
                ? Directory.EnumerateDirectories(folder.CheckpointsPath, "step-*").Where(path => File.Exists(Path.Combine(path, Model))).Order(StringComparer.Ordinal).LastOrDefault()
                : null;
            if (newest is null)
            {
                return null;
            }

            using var tensors = SafetensorsFile.Open(Path.Combine(newest, Model));
            JsonEntry state = JsonFile.Read(Path.Combine(newest, "state.json"), s_options).Object();
            bool higher = state.Find("validation") is { } numbers && numbers.Items(1)[0].Find("higher_is_better")?.Boolean() == true;
            return new(tensors.Tensors.Sum(tensor => tensor.Count), higher);
        }
        catch (Exception error) when (error is InvalidFileException or IOException or UnauthorizedAccessException)
        {
            // A trainer may be at work there, and removes old checkpoints: these facts are a courtesy.
            return null;
        }
    }
}
