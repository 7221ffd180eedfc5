using System.Numerics;
using MuonSharp.Distributed;

namespace MuonSharp.Training;

/// <summary>Into how many parts a step is cut where several ranks train: as many as the configuration says, else a power of two.</summary>
internal static class RankShards
{
    private static bool Reads(DataFiles? files) => files?.Paths.Contains(DataFiles.StandardInput) == true;

    /// <summary>A configuration that some ranks can train.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="collectives">The ranks; null: this process alone.</param>
    /// <exception cref="ConfigurationException">There are more ranks than parts.</exception>
    public static TrainingConfig Complete(TrainingConfig config, ICollectives? collectives)
    {
        if (collectives is { Size: > 1 } && (Reads(config.Data.File) || Reads(config.Data.ValidationFile)))
        {
            throw new ConfigurationException(
                [$"[ranks] launchers give standard input to the first rank alone, and all {collectives.Size} read the text; put it into a file that they can all read"]);
        }

        if (collectives is not { Size: > 1 } ranks || config.Train.MicroBatches >= ranks.Size)
        {
            return config;
        }

        if (config.Origins["train.shards"].IsGiven)
        {
            throw new ConfigurationException(
                [$"[ranks] every rank needs a part of each step; {ranks.Size} ranks, train.shards {config.Train.Shards} x train.accumulation {config.Train.Accumulation} came"]);
        }

        int shards = (int)BitOperations.RoundUpToPowerOf2((uint)ranks.Size);
        return config.Train.Batch % shards == 0
            ? config with { Train = config.Train with { Shards = shards } }
            : throw new ConfigurationException(
            [
                $"[ranks] {ranks.Size} ranks take {shards} parts of each step unless train.shards says otherwise, and train.batch must be a multiple of them; {config.Train.Batch} came. "
                + $"Say --shards N with {ranks.Size} or more that divide the batch, or another --set train.batch",
            ]);
    }
}
