using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A key that belongs to one optimizer, and what it does to its options.</summary>
/// <param name="Name">The key.</param>
/// <param name="Apply">The options with the key's value in them; refuses a value that breaks the key's rule.</param>
internal sealed record TraceKey<TOptions>(string Name, Func<TOptions, TraceValue, TOptions> Apply)
    where TOptions : OptimizerOptions;
