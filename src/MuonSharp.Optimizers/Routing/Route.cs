using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>Sends the parameters of some roles to an optimizer. The first route that takes a parameter gets it.</summary>
/// <param name="Group">The group's name in reports.</param>
/// <param name="Roles">The roles it takes.</param>
/// <param name="Options">The options, whose type says which optimizer.</param>
public sealed record Route(string Group, ImmutableArray<ParameterRole> Roles, OptimizerOptions Options)
{
    /// <summary>The hidden matrices.</summary>
    public static ImmutableArray<ParameterRole> Matrices { get; } = [ParameterRole.Matrix];

    /// <summary>Everything that is not a hidden matrix.</summary>
    public static ImmutableArray<ParameterRole> Others { get; } =
        [ParameterRole.Embedding, ParameterRole.Position, ParameterRole.Head, ParameterRole.Gain, ParameterRole.Bias, ParameterRole.Router];

    /// <summary>A further condition, null for none: a route for some parameters of a role stands before the one for the rest.</summary>
    public Func<Parameter, bool>? Condition { get; init; }

    /// <summary>Muon for the hidden matrices (group <c>matrices</c>), AdamW for the rest (group <c>auxiliary</c>).</summary>
    /// <param name="matrices">Options of the matrices; null: <see cref="MuonPresets.Default"/>.</param>
    /// <param name="auxiliary">Options of the rest; null: those of the original's auxiliary Adam.</param>
    public static ImmutableArray<Route> Muon(MuonOptions? matrices = null, AdamWOptions? auxiliary = null) =>
        Split(matrices ?? MuonPresets.Default, auxiliary ?? AdamWPresets.KellerJordan);

    /// <summary>AdamW for everything, with a learning rate and decay of their own for matrices and for the rest.</summary>
    /// <param name="matrices">Options of the matrices; null: torch's.</param>
    /// <param name="auxiliary">Options of the rest; null: those of the matrices without decay.</param>
    public static ImmutableArray<Route> AdamW(AdamWOptions? matrices = null, AdamWOptions? auxiliary = null)
    {
        matrices ??= AdamWPresets.Torch;
        return Split(matrices, auxiliary ?? (matrices with { WeightDecay = 0 }));
    }

    /// <summary>Any optimizer for the hidden matrices, any for the rest.</summary>
    /// <param name="matrices">Options of the matrices.</param>
    /// <param name="auxiliary">Options of the rest.</param>
    public static ImmutableArray<Route> Split(OptimizerOptions matrices, OptimizerOptions auxiliary) =>
        [new Route("matrices", Matrices, matrices), new Route("auxiliary", Others, auxiliary)];

    internal bool Takes(Parameter parameter) => Roles.Contains(parameter.Role) && (Condition is null || Condition(parameter));
}

/// <summary>Says in a few words why a parameter goes where it goes.</summary>
internal static class RoleReason
{
    public static string Of(Parameter parameter, OptimizerOptions options) => parameter.Role switch
    {
        ParameterRole.Matrix => options.MatrixReason,
        ParameterRole.Embedding => "token table: rows are looked up, not multiplied",
        ParameterRole.Position => "position table: rows are looked up, not multiplied",
        ParameterRole.Head => "output projection: its rows are classes",
        ParameterRole.Gain => "vector of gains",
        ParameterRole.Bias => "vector of biases",
        ParameterRole.Router => "router: its rows are experts to choose from",
        _ => parameter.Role.ToString(),
    };
}
