namespace MuonSharp.Training;

/// <summary>Finds the keys that somebody set and that make no difference beside the others: no mistake by the rules, but not what was meant.</summary>
internal static class UnusedKeys
{
    /// <summary>One line for each such key.</summary>
    /// <remarks>A file may be another run's whole configuration: of what it says, only what is not the default counts.</remarks>
    public static IReadOnlyList<string> Remarks(TrainingConfig config) =>
    [
        .. ConfigKeys.All.Select(key => (Key: key, Hindrance: key.Hindrance(config))).Where(pair => pair.Hindrance is not null && IsMeant(pair.Key, config)).Select(pair =>
            $"[config] {pair.Key.Name} is set, but {pair.Hindrance!.Key}={ConfigKeys.Find(pair.Hindrance.Key)!.Text(config)} does not use it"),
    ];

    private static bool IsMeant(ConfigKey key, TrainingConfig config) => config.OriginOf(key) switch
    {
        { Source: ConfigSource.File } => !key.Same(config, ConfigOrigins.Defaults),
        ConfigOrigin origin => origin.IsGiven,
    };
}
