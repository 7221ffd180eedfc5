using MuonSharp.Formats;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Makes models of stored weights: memory is allocated once it is known that the file holds them, so that a configuration that lies costs nothing.</summary>
internal static class StoredWeights
{
    /// <summary>Most layers that a stored model may have: far more than any has, and few enough to be declared in no time.</summary>
    public const int MostLayers = 10_000;

    /// <summary>Makes a model and reads its weights.</summary>
    /// <param name="config">A sound configuration.</param>
    /// <param name="source">The weights.</param>
    /// <param name="map">What each tensor of the file is, from the map of the family's own files.</param>
    /// <param name="team">Workers of the model; null makes a team of all cores.</param>
    /// <param name="gradients">Whether the model will be trained.</param>
    /// <exception cref="InvalidFileException">The file holds other tensors.</exception>
    public static LanguageModel Load(LanguageModelConfig config, ITensorSource source, Func<TensorMap, TensorMap> map, WorkerTeam? team, bool gradients)
    {
        CheckCounts(config, source);
        LanguageModel model = new(config, seed: 0, team, gradients, drawn: false, declared => map(declared).Check(source));
        try
        {
            map(model.Tensors).Read(source, model.Parameters);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Every layer has a tensor, every expert of a layer and every column of a head a number: else there are too many to be declared.</summary>
    private static void CheckCounts(LanguageModelConfig config, ITensorSource source)
    {
        long numbers = 0;
        foreach (string name in source.Names)
        {
            numbers += source.TryGetShape(name, out System.Collections.Immutable.ImmutableArray<long> shape) ? shape.Aggregate(1L, (product, size) => product * size) : 0;
        }

        long experts = config.Experts is { } sizes ? (long)Math.Max(0, config.Layers - sizes.DenseLayers) * sizes.Experts : 0;
        if (config.Layers > source.Names.Count || experts > numbers || Math.Max(config.EffectiveHeadWidth, config.Latent?.RotaryWidth ?? 0) > numbers)
        {
            throw new InvalidFileException(
                "weights", source.Path,
                $"the weights must be those of all layers and experts; {source.Names.Count} tensors with {numbers} numbers for {config.Layers} layers, {experts} experts and heads of width {config.EffectiveHeadWidth} came");
        }
    }
}
