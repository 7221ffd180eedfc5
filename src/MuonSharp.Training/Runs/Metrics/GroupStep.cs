using System.Text.Json;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a step did to one group of parameters: the part of <see cref="GroupReport"/> that a step line keeps, in the key <c>groups</c>.</summary>
/// <param name="Group">The group's name: <c>matrices</c>, <c>auxiliary</c>.</param>
/// <param name="Updated">Parameters that were updated: fewer than all when gradients are missing.</param>
/// <param name="UpdateRms">Root mean square of the change of the updated weights, decay included.</param>
/// <param name="Orthogonalized">Matrices that were orthogonalized, parts of fused tensors counted one by one.</param>
/// <param name="PolesRaised">Of them those that needed a larger pole.</param>
/// <param name="FallBacks">Of them those that fell back to another method.</param>
public readonly record struct GroupStep(string Group, int Updated, double UpdateRms, int Orthogonalized, int PolesRaised, int FallBacks)
{
    internal static GroupStep Of(GroupReport report) =>
        new(report.Name, report.UpdatedParameters, report.UpdateRms, report.MatricesOrthogonalized, report.PolesRaised, report.OrthogonalizationFallbacks);

    internal static GroupStep Read(JsonEntry entry) => new(
        entry.Name,
        entry["updated"].Integer(0),
        entry["update_rms"] is { IsSet: true } change ? change.Number() : double.NaN,
        entry.Find("orthogonalized")?.Integer(0) ?? 0,
        entry.Find("poles_raised")?.Integer(0) ?? 0,
        entry.Find("fall_backs")?.Integer(0) ?? 0);

    /// <summary>Writes the group's member; what counts matrices is left out where there are none.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject(Group);
        json.WriteNumber("updated"u8, Updated);
        json.WriteFinite("update_rms"u8, UpdateRms);
        WriteCount(json, "orthogonalized"u8, Orthogonalized);
        WriteCount(json, "poles_raised"u8, PolesRaised);
        WriteCount(json, "fall_backs"u8, FallBacks);
        json.WriteEndObject();
    }

    private static void WriteCount(Utf8JsonWriter json, ReadOnlySpan<byte> key, int count)
    {
        if (count > 0)
        {
            json.WriteNumber(key, count);
        }
    }
}
