using MuonSharp.Optimizers;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <content>How a group becomes parameters at work.</content>
public partial class Muon
{
    /// <summary>Adds a group, as layers do that begin to train later.</summary>
    /// <param name="param_group">A <see cref="ParamGroup"/> of matrices or an <see cref="AuxiliaryGroup"/>; what its options leave open is taken from the optimizer.</param>
    /// <exception cref="ArgumentException">The group is of another kind, or a number or a parameter is wrong; nothing was added.</exception>
    public override void add_param_group(Modules.ParamGroup param_group) => Add(param_group, names: null);

    private void Add(Modules.ParamGroup group, Dictionary<TensorIdentity, string>? names)
    {
        UpdateOptions options = Completed(group);
        Modules.Parameter[] given = [.. group.Parameters ?? []];

        // Tied weights are two objects over one memory, and one parameter.
        TensorSlot[] slots =
        [
            .. given.DistinctBy(TensorIdentity.Of).Select((parameter, index) => Slot(
                parameter, names?.GetValueOrDefault(TensorIdentity.Of(parameter)) ?? $"parameter {_slots.Count + index}", options, (group as ParamGroup)?.Layout)),
        ];
        TensorSlot? twice = Array.Find(slots, slot => _slots.ContainsKey(TensorIdentity.Of(slot.Parameter)))
            ?? Array.Find(slots, slot => given.Count(parameter => parameter.Handle == slot.Parameter.Handle) > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"[muon] a parameter belongs to one group, once; '{twice.Name}' comes again");
        }

        group.Parameters = slots.Select(static slot => slot.Parameter).ToArray();
        foreach (TensorSlot slot in slots)
        {
            slot.State.Initialize(options);
            _state[slot.Parameter.Handle] = slot.State;
            _slots.Add(TensorIdentity.Of(slot.Parameter), slot);
        }

        _parameter_groups.Add(group);
        _order = null;
    }

    private UpdateOptions Completed(Modules.ParamGroup group)
    {
        switch (group)
        {
            case ParamGroup matrices:
                var own = (Options)_defaults;
                matrices.Options ??= new Options();

                // The numbers of another preset are its own; those of the optimizer's belong to the optimizer's.
                bool another = matrices.Options.preset is not null;
                matrices.Options.preset ??= own.preset;
                matrices.Options.state_type ??= own.state_type;
                Complete(matrices.Options, another ? null : own);
                return matrices.Options;
            case AuxiliaryGroup rest:
                rest.Options ??= new AuxiliaryOptions();
                bool other = rest.Options.preset is not null;
                rest.Options.preset ??= _auxiliaryDefaults.preset;
                rest.Options.state_type ??= _auxiliaryDefaults.state_type;
                Complete(rest.Options, other ? null : _auxiliaryDefaults);
                return rest.Options;
            default:
                throw new ArgumentException($"[muon] a group is a Muon.ParamGroup or a Muon.AuxiliaryGroup; {group.GetType().Name} came");
        }
    }

    private static void Complete(UpdateOptions options, UpdateOptions? defaults)
    {
        options.LearningRate ??= defaults?.LearningRate;
        options.weight_decay ??= defaults?.weight_decay;
        options.momentum ??= defaults?.momentum;
        options.Complete();
    }

    private TensorSlot Slot(Modules.Parameter parameter, string name, UpdateOptions options, MatrixLayout? layout)
    {
        if (!parameter.is_floating_point())
        {
            throw new ArgumentException($"[muon] parameters are floating point; '{name}' is {parameter.dtype}");
        }

        MatrixLayout? split = options is Options && parameter.dim() > 1 ? layout ?? _layouts.Of(name, parameter) : null;
        var update = new TensorUpdate(name, [.. parameter.shape.Select(static size => checked((int)size))], options.Rule, split);
        ScalarType type = (options as Options)?.state_type ?? (options as AuxiliaryOptions)?.state_type ?? parameter.dtype;
        UpdateState state = options is Options ? new MuonState(parameter, update, type) : new AuxiliaryState(parameter, update, type);
        return new TensorSlot(name, parameter, update, state, options);
    }
}
