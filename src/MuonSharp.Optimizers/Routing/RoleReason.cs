namespace MuonSharp.Optimizers;

/// <summary>Says in a few words why a parameter goes where it goes.</summary>
internal static class RoleReason
{
    public static string Of(Parameter parameter, OptimizerOptions options) => parameter.Role switch
    {
        ParameterRole.Matrix when options is MuonOptions => "hidden matrix: its update is orthogonalized",
        ParameterRole.Matrix => options.SplitsMatrices ? "hidden matrix, preconditioned from both sides" : "hidden matrix, stepped element by element",
        ParameterRole.Embedding => "token table: rows are looked up, not multiplied",
        ParameterRole.Position => "position table: rows are looked up, not multiplied",
        ParameterRole.Head => "output projection: its rows are classes",
        ParameterRole.Gain => "vector of gains",
        ParameterRole.Bias => "vector of biases",
        _ => parameter.Role.ToString(),
    };
}
