namespace MuonSharp.Training;

/// <summary>Which of the keys <c>optimizer.*</c> an optimizer does something with, as <see cref="OptimizerKinds"/> routes them.</summary>
internal static class OptimizerKeys
{
    /// <summary>Keys that not all optimizers use, with those that do; all others are used by all.</summary>
    private static readonly Dictionary<string, string[]> s_users = new(StringComparer.Ordinal)
    {
        ["optimizer.preset"] = ["muon", "adamw", "sgd", "shampoo", "soap"],
        ["optimizer.orthogonalizer"] = ["muon", "normuon"],
        ["optimizer.momentum"] = ["muon", "normuon", "sgd"],
        ["optimizer.momentumWarmup"] = ["muon", "normuon", "sgd"],
        ["optimizer.auxiliary.beta1"] = ["muon", "normuon", "adamw", "shampoo", "soap"],
        ["optimizer.auxiliary.beta2"] = ["muon", "normuon", "adamw", "shampoo", "soap"],
        ["optimizer.auxiliary.epsilon"] = ["muon", "normuon", "adamw", "shampoo", "soap"],
    };

    /// <summary>Whether a key makes a difference to an optimizer.</summary>
    /// <param name="optimizer">The optimizer's name.</param>
    /// <param name="key">The whole key.</param>
    public static bool Uses(string optimizer, string key) =>
        !s_users.TryGetValue(key, out string[]? users) || users.Contains(optimizer, StringComparer.Ordinal);
}
