#pragma once
// What this project uses of LibTorch: tensors, gradients and modules. <torch/torch.h> brings data loaders, optimisers
// and all layers besides, whose templates every translation unit would instantiate again: twice the time to compile.

#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>
#include <torch/version.h>
